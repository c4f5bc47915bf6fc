import type { FhirPeriod, Millis, Span } from '../../schemas/instant.ts';

const dayMs = 86_400_000;
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The instant as it stands in events and answers. The year 10000, which a period that ends with 9999 reaches in
 * time zones west of Greenwich, has no such form: it becomes the last instant of 9999.
 */
export const isoOf = (at: Millis): string => {
  if (at !== written.at) written = { at, text: new Date(Math.min(at, lastInstant)).toISOString() };
  return written.text;
};
/** The last one is kept: an answer has the same instant in several places, and many questions come in one millisecond. */
let written = { at: Number.NaN, text: '' };

/** The first moment of a FHIR dateTime; a partial date is read in `timeZone` (SEMANTICS S1.1, S1.4). */
export const instantOf = (text: string, timeZone: string): Millis => dateTimeSpan(text, timeZone).from;

/** All that a FHIR dateTime covers: its millisecond, or its whole day, month or year in `timeZone` (S1.1). */
export function dateTimeSpan(text: string, timeZone: string): Required<Span> {
  if (text.includes('T')) {
    const at = fullInstant(text);
    return { from: at, until: at + 1 };
  }
  const [year = 0, month, day] = text.split('-').map(Number);
  const midnight = (y: number, m: number, d: number) =>
    firstMoment(new Date(0).setUTCFullYear(y, m, d), timeZone);
  if (month === undefined) return { from: midnight(year, 0, 1), until: midnight(year + 1, 0, 1) };
  if (day === undefined) return { from: midnight(year, month - 1, 1), until: midnight(year, month, 1) };
  return { from: midnight(year, month - 1, day), until: midnight(year, month - 1, day + 1) };
}

/** A FHIR period, both of whose ends are inclusive, as a half-open span; a missing end stays open (S1.1). */
export function spanOf(period: FhirPeriod, timeZone: string): Span {
  return {
    ...(period.start !== undefined && { from: dateTimeSpan(period.start, timeZone).from }),
    ...(period.end !== undefined && { until: dateTimeSpan(period.end, timeZone).until }),
  };
}

/** The same period with instants for ends, so that a later change of the time zone changes no answer. */
export function resolvePeriod(period: FhirPeriod, timeZone: string): FhirPeriod {
  const { from, until } = spanOf(period, timeZone);
  return {
    ...(from !== undefined && { start: isoOf(from) }),
    ...(until !== undefined && { end: isoOf(until - 1) }),
  };
}

export const holds = (span: Span, at: Millis): boolean =>
  (span.from === undefined || span.from <= at) && (span.until === undefined || at < span.until);

/** The number of the local day that an instant falls on: the same for all instants of that day. */
export const dayOf = (at: Millis, timeZone: string): number =>
  Math.floor((at + offsetAt(at, timeZone)) / dayMs);

/** Neither finer digits nor a leap second: as services write an instant. */
const plainInstant = /^[^.]{17}[0-5]\d(\.\d{3})?Z$/;

/** Finer digits than milliseconds are cut (S1.1); a leap second counts as the second after it, as in POSIX. */
function fullInstant(text: string): Millis {
  if (plainInstant.test(text)) return Date.parse(text);
  const cut = text.replace(/(\.\d{3})\d+/, '$1');
  const leap = cut.replace(/(T\d\d:\d\d):60/, '$1:59');
  return Date.parse(leap) + (leap === cut ? 0 : 1000);
}

/** The first instant at which a clock in `timeZone` shows `local` (written as if it were UTC) or later. */
function firstMoment(local: Millis, timeZone: string): Millis {
  const before = offsetAt(local - dayMs, timeZone);
  const after = offsetAt(local + dayMs, timeZone);
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (offsetAt(local - offset, timeZone) === offset) return local - offset;
  }
  return transition(local - after, local - before, timeZone);
}

/** Where clocks skip the moment that is looked for: the instant between `low` and `high` at which they do. */
function transition(low: Millis, high: Millis, timeZone: string): Millis {
  if (high - low <= 1) return high;
  const middle = Math.floor((low + high) / 2);
  return offsetAt(middle, timeZone) === offsetAt(high, timeZone)
    ? transition(low, middle, timeZone)
    : transition(middle, high, timeZone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What is added to UTC in `timeZone` at an instant. */
function offsetAt(at: Millis, timeZone: string): Millis {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
  const size = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -size : size) * 1000;
}
