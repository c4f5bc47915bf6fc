import type { EventDefinition } from '../../schemas/events/define.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { PatientRecord } from '../consent/state.ts';
import type { LocalLog, NewEvent, Position, RecordedEvent } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { eventIdOf } from './ids.ts';
import { openEvent, type StreamPlace, sealEvent } from './sealing.ts';

/** A fact that a command decided on. */
export interface DecidedFact {
  readonly type: string;
  readonly payload: unknown;
}

/** What a command comes with. */
export interface CommandContext {
  /** A UUID derived from the caller's Idempotency-Key: the id of the first event that is written. */
  readonly requestId?: string | undefined;
  /** See `requestHash` in commitment.ts. Without it a retry is not told from a new command. */
  readonly requestHash?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  /** The revision that the caller last saw (If-Match); -1 for a stream that is not there yet. */
  readonly expectedRevision?: number | undefined;
}

/** What a command wrote, or, where it was a retry, what the first try wrote. */
export interface Written {
  /** Of the last event written, or where nothing was, of the stream. */
  readonly revision: number;
  /** Absent where nothing was written and nothing had been. */
  readonly position?: Position;
  readonly recordedAt: Millis;
  readonly events: readonly WrittenEvent[];
  readonly replayed: boolean;
}

export interface WrittenEvent extends DecidedFact {
  readonly revision: number;
  readonly id: string;
}

/** The events of a command, sealed for the revisions right after the record's. */
export const sealAll = (
  facts: readonly DecidedFact[],
  after: StreamPlace,
  key: SubjectKey,
  definitions: readonly EventDefinition[],
  context: CommandContext,
  uuid: () => string,
): NewEvent[] =>
  facts.map(({ type, payload }, n) => {
    const id = context.requestId === undefined ? uuid() : eventIdOf(context.requestId, n);
    const requestHash = n === 0 ? context.requestHash : undefined;
    const place = { ...after, revision: after.revision + 1 + n };
    return sealEvent({ id, type, payload, requestHash }, place, key, definitions, context);
  });

/** Where nothing was to be written. */
export const nothingWritten = (
  record: Pick<PatientRecord, 'revision' | 'recordedAt'>,
  log: LocalLog,
  stream: string,
): Written => {
  const { revision, recordedAt } = record;
  const last = revision < 0 ? undefined : log.streamSlice(stream, revision, 1)[0];
  const written = { revision, recordedAt, events: [], replayed: false };
  return last === undefined ? written : { ...written, position: last.position };
};

/** Whether it is these very events that follow revision `after` in the log, and not others of the same ids. */
export const holdsAll = (
  log: LocalLog,
  stream: string,
  events: readonly NewEvent[],
  after: number,
): boolean => {
  const stored = log.streamSlice(stream, after + 1, events.length);
  return events.every(({ data }, n) => stored[n]?.data.equals(data));
};

/** No command that a request brings writes more events. */
const mostEvents = 100;

/**
 * What an earlier try of the same request wrote; absent where there was none. A failure where the request's id was
 * used with another body.
 */
export const writtenBefore = (
  record: Pick<PatientRecord, 'requests'>,
  log: LocalLog,
  stream: string,
  key: SubjectKey,
  definitions: readonly EventDefinition[],
  { requestId, requestHash }: CommandContext,
): Result<Written> | undefined => {
  if (requestId === undefined) return undefined;
  const request = record.requests.find(({ id }) => id === requestId);
  if (request === undefined) return undefined;
  if (request.hash !== requestHash)
    return fail('idempotency-key-reused', 'this Idempotency-Key was used with another body');
  const stored = log.streamSlice(stream, request.revision, mostEvents);
  const foreign = stored.findIndex((event, n) => event.id !== eventIdOf(requestId, n));
  const mine = foreign === -1 ? stored : stored.slice(0, foreign);
  return ok({
    ...lastOf(mine),
    events: mine.map((event) => reopened(event, key, definitions)),
    replayed: true,
  });
};

const lastOf = (
  events: readonly RecordedEvent[],
): Pick<RecordedEvent, 'revision' | 'position' | 'recordedAt'> => {
  const { revision, position, recordedAt } = events.at(-1)!;
  return { revision, position, recordedAt };
};

const reopened = (
  event: RecordedEvent,
  key: SubjectKey,
  definitions: readonly EventDefinition[],
): WrittenEvent => {
  const { revision, id, type, payload } = openEvent(event, key, definitions);
  return { revision, id, type, payload };
};
