import type { EventDefinition } from '../../schemas/events/define.ts';
import { patientErased } from '../../schemas/events/patient-erased.ts';
import type { Result } from '../../schemas/result.ts';
import type { PatientRecord } from '../consent/state.ts';
import { RecordReader } from '../record/reader.ts';
import type { Rows, SealedRow } from '../record/rows.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import type { RecordedEvent } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { type LogReader, ThreadLog } from './thread-log.ts';

/** Something in the log cannot be read; the message names no more than a type and a version. */
export class Unreadable extends Error {
  readonly code = 'record-unreadable';
}

/** What the threads of the read models work with: connections of their own to log and vault. */
export interface ThreadParts {
  readonly log: LogReader;
  readonly keyring: Pick<Keyring, 'keyOf' | 'forget'>;
  readonly definitions: readonly EventDefinition[];
}

/** Patients' records, for whoever makes rows of them. One who was erased has none, be the key still there or not. */
export class Subjects {
  readonly #keyring: ThreadParts['keyring'];
  readonly #log: ThreadLog;
  readonly #reader: RecordReader;

  /** `cacheSize`: how many consents the records that are kept may hold in all. */
  constructor({ log, keyring, definitions }: ThreadParts, rows: Rows, cacheSize: number) {
    this.#keyring = keyring;
    this.#log = new ThreadLog(log);
    this.#reader = new RecordReader({ log: this.#log, rows, definitions }, cacheSize, undefined);
  }

  /** To be called with each batch before records are asked for: what is given then holds at least its events. */
  grown(events: readonly RecordedEvent[]): void {
    this.#log.grown(events);
    for (const subject of erasedSubjects(events)) {
      this.#keyring.forget(subject);
      this.#reader.forget(subject);
    }
  }

  /** The whole record. Throws Unreadable. */
  async record(subject: string, tenant: string): Promise<PatientRecord | undefined> {
    const key = await this.#keyring.keyOf(subject);
    if (key === undefined) return undefined;
    const { record } = readable(await this.#reader.settled(tenant, { subject, key }, 'whole'));
    return record.erased === undefined ? record : undefined;
  }

  /** The row as it should stand, from the one that stands. Throws Unreadable. */
  async row(subject: string, tenant: string): Promise<SealedRow | undefined> {
    const key = await this.#keyring.keyOf(subject);
    return key && readable(await this.#reader.renewedRow(tenant, { subject, key }));
  }
}

/** The subjects that events came in for: tenant, and the revision of the last of them. */
export const touchedSubjects = (
  events: readonly RecordedEvent[],
): ReadonlyMap<string, { readonly tenant: string; readonly revision: number }> => {
  const touched = new Map<string, { tenant: string; revision: number }>();
  for (const { stream, revision, metadata } of events) {
    const subject = subjectOfPatientStream(stream);
    if (subject !== undefined) touched.set(subject, { tenant: metadata.tenant, revision });
  }
  return touched;
};

/** The subjects that were erased by these events. */
export const erasedSubjects = (events: readonly RecordedEvent[]): ReadonlySet<string> =>
  new Set(
    events
      .filter(({ type }) => type === patientErased.type)
      .flatMap(({ stream }) => subjectOfPatientStream(stream) ?? []),
  );

/** What was read. Throws Unreadable. */
export const readable = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Unreadable(result.error.detail);
  return result.value;
};
