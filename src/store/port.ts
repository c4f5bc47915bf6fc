import type { Metadata } from '../../schemas/events/metadata.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';

/** An event that is to be appended. `id` is a UUID derived from the caller's idempotency key. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly metadata: Metadata;
  /** The sealed envelope, or plain bytes where nothing of a person is in it. */
  readonly data: Buffer;
}

/** An event as the log holds it. */
export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  /** 0 for the first event of the stream, contiguous. */
  readonly revision: number;
  readonly position: Position;
  /** The store's commit time, monotone in log order (SEMANTICS S1.3). */
  readonly recordedAt: Millis;
}

/** Opaque; only the store that gave it can compare it. */
export type Position = string;

/** The revision before the first event: what a writer expects of a stream that does not exist. */
export const noStream = -1;

/**
 * - `appended`: durable; also the answer to a retry with the same ids at the same expected revision.
 * - `conflict`: nothing was written; the stream stands at `revision`.
 * - `refused`: nothing was written, and nothing will be: the store is full or closed.
 * - `unknown`: it may or may not have been written; retry with the same ids and the same expected revision.
 */
export type AppendOutcome =
  | {
      readonly outcome: 'appended';
      readonly revision: number;
      readonly position: Position;
      readonly recordedAt: Millis;
    }
  | { readonly outcome: 'conflict'; readonly revision: number }
  | {
      readonly outcome: 'refused';
      readonly code: 'store-full' | 'store-unavailable';
      readonly detail: string;
    }
  | { readonly outcome: 'unknown'; readonly detail: string };

export interface Subscription {
  /** Ends with `stop`, or with the error of a handler or a read, after which nothing more is delivered. */
  readonly done: Promise<void>;
  /** Waits for the handler that is running; not to be awaited by a handler. Settles as `done` does. */
  stop(): Promise<void>;
}

/** The EventStore port: each adapter passes test/contract/event-store.ts. */
export interface EventStore {
  /** All of `events` or none, right after `expectedRevision`. Never throws for what the outcome can say. */
  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<AppendOutcome>;
  /** The events of a stream from `from` (inclusive) on, oldest first; none where there is no such stream. */
  readStream(stream: string, from?: number): AsyncIterable<RecordedEvent>;
  /** Every event after `after` (exclusive), in log order, up to the end as it is now. */
  readAll(after?: Position): AsyncIterable<RecordedEvent>;
  /** Every event after `after`, those to come included, in batches, in log order, each exactly once. */
  subscribe(
    after: Position | undefined,
    handle: (batch: readonly RecordedEvent[]) => Promise<void>,
  ): Subscription;
  close(): Promise<void>;
}

/** A log on this machine, read without waiting: what records, projections, evidence and exports read. */
export interface LocalLog {
  /** Up to `limit` events of a stream from revision `from` (inclusive) on. */
  streamSlice(stream: string, from: number, limit?: number): RecordedEvent[];
  /** Up to `limit` events after log index `after`; the first event of the log has index 1. */
  slice(after: number, limit: number): IndexedEvent[];
  /** The streams whose names begin with `prefix`, oldest first. */
  streamsNamed(prefix: string): readonly string[];
  /** Each PatientErased event after log index `after`, in log order. */
  erasures(after: number): readonly { readonly index: number; readonly stream: string }[];
  /** Index of the last event; 0 where the log is empty. */
  head(): number;
  /** Whether the log holds all up to `position`. */
  reached(position: Position): boolean;
  /** Where an append to this stream is under way: settles when it is decided. Await before answering. */
  pending(stream: string): Promise<void> | undefined;
  /**
   * The moment that counts as now for a question about this stream, not before its last event. `lastRecordedAt`: of
   * its last event, if it has any.
   */
  settledNow(lastRecordedAt: Millis | undefined): Millis;
  /**
   * Up to when everything that is recorded of this stream is readable here: no event of it will ever be recorded at
   * or before the returned instant but those already readable. A `knownAt` is lowered to it (SEMANTICS S1.2). Never
   * after `now`, what `settledNow` returned in this turn of the event loop, and never before `lastRecordedAt`.
   */
  knownUntil(lastRecordedAt: Millis | undefined, now: Millis): Millis;
  /**
   * Milliseconds: how far what is readable here may lie behind the truth. 0 where the log is the truth itself;
   * infinite for a replica that has not met its store yet.
   */
  staleness(): Millis;
  /** Called after each commit with the streams that grew. */
  onCommit(listener: (streams: readonly string[]) => void): void;
}

/**
 * Whether what is readable here lies at most `maxStalenessMs` behind the truth. Failure: `store-behind`; then nothing
 * of a person is to be given out, for there may be a withdrawal or an erasure that has not been heard of.
 */
export const heardWithin = (log: Pick<LocalLog, 'staleness'>, maxStalenessMs: Millis): Result<void> =>
  log.staleness() <= maxStalenessMs ? heard : behind;

const heard = ok(undefined);
const behind = fail('store-behind', 'this node may not have heard yet of what was withdrawn or erased');

/** An event with its place in the log of this machine: 1 for the first, contiguous, the same on every node. */
export type IndexedEvent = RecordedEvent & { readonly index: number };
