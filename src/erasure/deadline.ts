import type { Millis } from '../../schemas/instant.ts';
import { dateTimeSpan, dayOf } from '../consent/time.ts';

const dayMs = 86_400_000;

/**
 * When a period of months is over that began with an event at `from`: the first moment after the same day of the last
 * month, or after its last day where it has no such day (Regulation 1182/71 Art. 3(2)(c)). That a period which ends on
 * a holiday ends later (Art. 3(4)) is not counted on.
 */
export const monthsAfter = (from: Millis, months: number, timeZone: string): Millis => {
  const local = new Date(dayOf(from, timeZone) * dayMs);
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth() + months, local.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const end = new Date(Date.UTC(year, month, Math.min(day, lastDay))).toISOString().slice(0, 10);
  return dateTimeSpan(end, timeZone).until;
};

/** Months from receipt: one, and two more with a reason (Art. 12(3)). */
export const usualMonths = 1;
export const extendedMonths = 3;

export type Urgency = 'in-time' | 'due-soon' | 'overdue';

/** How a request stands that is due at `dueAt` and not yet answered. */
export const urgencyOf = (dueAt: Millis, now: Millis, soonDays: number): Urgency => {
  if (now >= dueAt) return 'overdue';
  return now >= dueAt - soonDays * dayMs ? 'due-soon' : 'in-time';
};
