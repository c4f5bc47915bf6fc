import type { FhirPeriod, Millis, Span } from '../../schemas/instant.ts';
import type { PatientEvent } from '../../src/consent/state.ts';

const calendars = new Map<string, Intl.DateTimeFormat>();

const calendarOf = (timeZone: string): Intl.DateTimeFormat => {
  const made =
    calendars.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  calendars.set(timeZone, made);
  return made;
};

/** S1.1: the calendar day of a moment in the ledger's time zone, as YYYY-MM-DD. */
export const localDay = (at: Millis, timeZone: string): string => {
  const parts = calendarOf(timeZone).formatToParts(at);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
};

const day = 86_400_000;

/** The first moment whose local day is `text` or later; found by halving, since local days never run backwards. */
const firstMomentOf = (text: string, timeZone: string): Millis => {
  const noon = Date.parse(`${text}T12:00:00Z`);
  let before = noon - 3 * day;
  let after = noon + 3 * day;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDay(middle, timeZone) >= text) after = middle;
    else before = middle;
  }
  return after;
};

const isoDay = (year: number, month: number, dayOfMonth: number): string =>
  new Date(Date.UTC(year, month - 1, dayOfMonth)).toISOString().slice(0, 10);

/** S1.1: what a FHIR dateTime covers: an instant its millisecond (finer digits cut), a partial date all of itself. */
export const covered = (text: string, timeZone: string): Required<Span> => {
  if (text.includes('T')) {
    const from = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
    return { from, until: from + 1 };
  }
  const [year = 0, month, dayOfMonth] = text.split('-').map(Number);
  const first = isoDay(year, month ?? 1, dayOfMonth ?? 1);
  const next =
    dayOfMonth !== undefined
      ? isoDay(year, month ?? 1, dayOfMonth + 1)
      : month !== undefined
        ? isoDay(year, month + 1, 1)
        : isoDay(year + 1, 1, 1);
  return { from: firstMomentOf(first, timeZone), until: firstMomentOf(next, timeZone) };
};

/** S1.1: a FHIR period, ends inclusive, as half-open; a missing end is open. */
export const spanOf = (period: FhirPeriod | undefined, timeZone: string): Required<Span> => ({
  from: period?.start === undefined ? -Infinity : covered(period.start, timeZone).from,
  until: period?.end === undefined ? Infinity : covered(period.end, timeZone).until,
});

/** S1.1: `from <= t < until`. */
export const within = (at: Millis, span: Required<Span>): boolean => span.from <= at && at < span.until;

/** S1.3: known at T are the events with recordedAt <= T, in revision order. */
export const knownEvents = (events: readonly PatientEvent[], knownAt: Millis): readonly PatientEvent[] =>
  events.filter((event) => event.recordedAt <= knownAt).toSorted((a, b) => a.revision - b.revision);
