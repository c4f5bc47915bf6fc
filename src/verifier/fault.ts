/** What is checked of an export; the code of a fault says which of it did not hold. */
export const faultCodes = [
  'unreadable', // not lines of UTF-8 text, or cut off
  'form', // a record that is not as the format has it
  'order', // a record that cannot stand where it stands
  'checkpoint', // not signed by a key that is trusted
  'signature', // the whole is not what was signed
  'chain', // events of a stream that do not follow one another
  'commitment', // what is shown is not what was committed to
  'period', // an erasure that was recorded outside the period of a register
  'opened', // something is not shown that was asked for, or shown that was not
  'payload', // what an event says is not what its type can say
  'erasure', // what is stated of an erasure is not what was recorded
  'answer', // a logged answer does not follow from the events
  'entries', // a logged answer is not that entry of its event
  'inclusion', // something does not stand in the log that was signed
  'completeness', // not all is shown, or more than there is
  'growth', // the log is not the earlier one, gone on
  'totals', // what it says of itself at its end is not what it holds
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** The first thing that is wrong. It names no more of a person than numbers. */
export interface Fault {
  readonly code: FaultCode;
  /** A sentence. */
  readonly detail: string;
  /** Number of the record that shows it, from 1. */
  readonly record?: number;
  /** Number of the patient in the export, from 1. */
  readonly patient?: number;
  /** Index of the leaf of the event, from 0. */
  readonly event?: number;
}

/** Where it is found out: what the record at hand says of itself. */
export type At = Pick<Fault, 'patient' | 'event' | 'record'>;

export const faultAt = (code: FaultCode, detail: string, at: At = {}): Fault => ({ code, detail, ...at });
