import { z } from 'zod';

/** Milliseconds since 1970-01-01T00:00:00Z: the form of an instant inside the process. */
export type Millis = number;

/** A half-open period inside the process: `from <= t < until`; a missing end is open (SEMANTICS S1.1). */
export interface Span {
  readonly from?: Millis;
  readonly until?: Millis;
}

/** An instant as it stands in events: UTC with exactly three digits of a second, e.g. 2026-03-01T08:00:00.000Z. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'an instant is UTC with milliseconds')
  .refine((text) => Number.isFinite(Date.parse(text)), 'no such instant')
  .describe('An instant in UTC with milliseconds');

const fhirDateTime =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/;

/** Whether a day that is written out is in the calendar: 30 February is not, and no FHIR year is 0000. */
const inCalendar = (text: string): boolean => {
  if (text.startsWith('0000')) return false;
  const day = text.slice(0, 10);
  return day.length < 10 || new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
};

/** FHIR dateTime: a year, a month, a day, or an instant with its offset (hl7.org/fhir/datatypes.html#dateTime). */
export const dateTime = z
  .string()
  .regex(fhirDateTime, 'a FHIR dateTime: YYYY, YYYY-MM, YYYY-MM-DD or an instant with its offset')
  .refine((text) => !fhirDateTime.test(text) || inCalendar(text), 'no such day')
  .describe(
    'FHIR dateTime; a partial date covers its whole day, month or year in the time zone of the ledger',
  );

/**
 * FHIR Period: `start` and `end`, both inclusive (hl7.org/fhir/datatypes.html#Period). A caller may write partial
 * dates; in events both are instants, resolved in the time zone of the ledger when they were written, so that a
 * later change of that setting changes no answer.
 */
export const period = z
  .strictObject({ start: dateTime.optional(), end: dateTime.optional() })
  .refine((value) => value.start !== undefined || value.end !== undefined, 'a period needs a start or an end')
  .describe('FHIR Period; both ends inclusive');

export type FhirPeriod = z.infer<typeof period>;
