import { setTimeout as pause } from 'node:timers/promises';
import { type PatientErased, patientErased } from '../../schemas/events/patient-erased.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { type EventStore, type LocalLog, noStream, type RecordedEvent } from '../store/port.ts';
import { uuidOf } from './ids.ts';
import { openPlain, plainEvent } from './plain.ts';
import { patientStream, subjectOfPatientStream } from './streams.ts';

/** Where a stream was closed, and on which request. */
export interface Closed extends PatientErased {
  readonly revision: number;
  readonly recordedAt: number;
}

const slice = 1_000;
/** Writers of other nodes may be faster, each with one event at a time. */
const maxAttempts = 64;
const pauseMs = 20;

/**
 * Writes PatientErased as the last event of a patient's stream; where another erasure closed it before, that one
 * stands. It needs no key and opens nothing, so it can be done again, by any node, at any time.
 *
 * Failures: `store-full`, `store-unavailable`, `outcome-unknown`, `write-contention`.
 */
export const closeStream = async (
  { store, log }: { readonly store: Pick<EventStore, 'append'>; readonly log: LocalLog },
  tenant: string,
  subject: string,
  erasureId: string,
): Promise<Result<Closed>> => {
  const stream = patientStream(subject);
  const event = plainEvent(patientErased, { erasureId }, uuidOf(`erased ${subject} ${erasureId}`), tenant);
  let known = noStream;
  let unknown = false;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    await log.pending(stream);
    const last = lastOf(log, stream, known);
    if (last?.type === patientErased.type) return ok(closedBy(last));
    known = last?.revision ?? noStream;
    const outcome = await store.append(stream, [event], known);
    if (outcome.outcome === 'refused') return fail(outcome.code, outcome.detail);
    unknown = outcome.outcome === 'unknown';
    // Also where it was appended the log is read again: another node may have done it on another request.
    if (outcome.outcome !== 'appended') await pause(pauseMs);
  }
  return unknown
    ? fail('outcome-unknown', 'whether the stream was closed is not known')
    : fail('write-contention', 'other writers were faster each time');
};

/** The last event of a stream; `known`: a revision that it has. */
const lastOf = (
  log: Pick<LocalLog, 'streamSlice'>,
  stream: string,
  known: number,
): RecordedEvent | undefined => {
  let last: RecordedEvent | undefined;
  for (let from = Math.max(known, 0); ; from += slice) {
    const page = log.streamSlice(stream, from, slice);
    last = page.at(-1) ?? last;
    if (page.length < slice) return last;
  }
};

const closedBy = (event: RecordedEvent): Closed => {
  const { erasureId } = openPlain(event) as PatientErased; // The registry says that this type has this payload.
  return { erasureId, revision: event.revision, recordedAt: event.recordedAt };
};

/**
 * Calls `forget` with each subject whose stream is closed from now on, as soon as the log here holds it: before the
 * write that it came with is answered. What was closed before is in no cache.
 */
export const onErased = (log: LocalLog, forget: (subject: string) => void): void => {
  let heard = log.head();
  log.onCommit(() => {
    for (const { index, stream } of log.erasures(heard)) {
      heard = index;
      const subject = subjectOfPatientStream(stream);
      if (subject !== undefined) forget(subject);
    }
  });
};
