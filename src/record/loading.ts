import type { EventDefinition } from '../../schemas/events/define.ts';
import { fold } from '../consent/evolve.ts';
import { emptyRecord, type PatientEvent, type PatientRecord } from '../consent/state.ts';
import type { LocalLog, RecordedEvent } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { EnvelopeBroken } from './envelope.ts';
import { openHead, openWhole, reducerVersion } from './row.ts';
import type { Rows } from './rows.ts';
import { openEvent } from './sealing.ts';
import { fits } from './settled.ts';
import { patientStream } from './streams.ts';

/**
 * `current`: enough for a question about now; where very much of a patient is settled that is the head alone.
 * `whole`: for commands, and for questions about the past.
 */
export type Need = 'current' | 'whole';

/** What reading a record asks of the log. */
export type RecordLog = Pick<LocalLog, 'streamSlice' | 'pending' | 'settledNow' | 'knownUntil' | 'onCommit'>;

export interface Sources {
  readonly log: RecordLog;
  readonly rows: Rows;
  readonly definitions: readonly EventDefinition[];
}

/** A record, and the events after it where they were read with it, as far as one stride goes. */
export interface Base {
  readonly record: PatientRecord;
  /** Of this turn of the event loop: whoever waits in between reads them anew. */
  readonly tail?: readonly RecordedEvent[];
}

/** Events that are opened and folded before other work gets its turn. */
const stride = 1_000;

/**
 * The record that a patient's row holds: with `whole` joined with its archive; and its tail. Absent where there is no row that
 * can be believed: one of another reducer, one that does not open, one that stands beyond the log. A row is a
 * cache, and the events are there.
 */
export const recordOfRow = (
  { log, rows }: Sources,
  tenant: string,
  key: SubjectKey,
  need: Need,
): Base | undefined => {
  const row = rows.get(key.subject);
  if (row === undefined || row.reducer !== reducerVersion) return undefined;
  try {
    const head = openHead(row, tenant, key);
    const [last, ...tail] = log.streamSlice(patientStream(key.subject), row.revision, 1 + stride);
    if (last?.recordedAt !== head.recordedAt) return undefined;
    if (row.archivedAt === undefined || need === 'current') return { record: head, tail };
    const archive = rows.archive(key.subject);
    return archive && { record: openWhole(head, row.archivedAt, archive, tenant, key), tail };
  } catch (error) {
    if (error instanceof EnvelopeBroken) return undefined;
    throw error;
  }
};

/**
 * The record of `base` and the events after it, as far as one stride goes; `done` where that is all there are. Absent where an
 * event does not fit a head. Throws EnvelopeBroken and UnknownEvent.
 */
export const advance = (
  sources: Sources,
  tenant: string,
  key: SubjectKey,
  { record: base, tail }: Base,
): { readonly record: PatientRecord; readonly done: boolean } | undefined => {
  const events =
    tail === undefined
      ? openSlice(sources, tenant, key, base.revision + 1, stride)
      : openAll(sources, tenant, key, tail);
  const record = base.settledBefore === undefined ? fold(base, events) : foldIntoHead(base, events);
  return record && { record, done: events.length < stride };
};

/**
 * The record of all events of a patient, and the tenant that the first was recorded under, by nothing but the log; absent
 * where there are none. Throws EnvelopeBroken and UnknownEvent.
 */
export const replayStream = (
  sources: { readonly log: Pick<LocalLog, 'streamSlice'>; readonly definitions: Sources['definitions'] },
  key: SubjectKey,
): { readonly record: PatientRecord; readonly tenant: string } | undefined => {
  const next = (from: number) => sources.log.streamSlice(patientStream(key.subject), from, stride);
  let events = next(0);
  const tenant = events[0]?.metadata.tenant;
  if (tenant === undefined) return undefined;
  let record = fold(emptyRecord, openAll(sources, tenant, key, events));
  while (events.length === stride) {
    events = next(record.revision + 1);
    record = fold(record, openAll(sources, tenant, key, events));
  }
  return { record, tenant };
};

/** Up to `limit` events of a patient from revision `from` on, opened. Throws EnvelopeBroken and UnknownEvent. */
export const openSlice = (
  sources: Sources,
  tenant: string,
  key: SubjectKey,
  from: number,
  limit: number,
): PatientEvent[] =>
  openAll(sources, tenant, key, sources.log.streamSlice(patientStream(key.subject), from, limit));

const openAll = (
  { definitions }: Pick<Sources, 'definitions'>,
  tenant: string,
  key: SubjectKey,
  events: readonly RecordedEvent[],
): PatientEvent[] =>
  events.map((event) => {
    if (event.metadata.tenant !== tenant) throw new EnvelopeBroken('recorded under another tenant');
    return openEvent(event, key, definitions);
  });

const foldIntoHead = (base: PatientRecord, events: readonly PatientEvent[]): PatientRecord | undefined => {
  let head = base;
  for (const event of events) {
    if (!fits(head, event)) return undefined;
    head = { ...fold(head, [event]), settledBefore: base.settledBefore! };
  }
  return head;
};
