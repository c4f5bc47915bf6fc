import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../../schemas/instant.ts';
import { claimFolder, ensurePrivateFile } from './folder.ts';
import { GroupCommit } from './group-commit.ts';
import { indexOf, LogReader } from './log-reader.ts';
import { LogSubscription } from './log-subscription.ts';
import type {
  AppendOutcome,
  EventStore,
  IndexedEvent,
  LocalLog,
  NewEvent,
  Position,
  RecordedEvent,
  Subscription,
} from './port.ts';
import { RecordingClock } from './recording-clock.ts';
import { createTables, openForWriting } from './schema.ts';

/** Events read at once by the iterators. */
const pageEvents = 256;

/** Where the log of a data folder is, for a `LogReader` in another thread. */
export const logFile = (folder: string): string => join(folder, 'log.db');

/**
 * Opens the embedded store of a data folder: `log.db` in it, written by a thread of its own. The folder belongs to
 * this process until `close`, or until the process ends, however it does.
 *
 * @param options.clock now, in milliseconds; may be set back without harm
 * @throws DataFolderError where the folder is in use, or open to others
 */
export const openSqliteStore = async (options: {
  readonly folder: string;
  readonly clock: () => Millis;
}): Promise<SqliteStore> => {
  const claim = claimFolder(options.folder);
  try {
    const file = logFile(options.folder);
    ensurePrivateFile(file);
    const setup = openForWriting(file);
    createTables(setup);
    const reader = new LogReader(file);
    setup.close();
    return new SqliteStore(file, reader, options.clock, claim);
  } catch (error) {
    claim.release();
    throw error;
  }
};

/** The embedded store: one machine, one process, one file. Reads on the calling thread, writes on another. */
export class SqliteStore implements EventStore, LocalLog {
  readonly #reader: LogReader;
  readonly #clock: RecordingClock;
  readonly #commits: GroupCommit;
  readonly #checkpointer: Worker;
  readonly #claim: { release(): void };
  readonly #listeners: ((streams: readonly string[]) => void)[] = [];
  readonly #subscriptions = new Set<LogSubscription>();
  #head: number;
  #closed: Promise<void> | undefined;

  /** Use `openSqliteStore`. */
  constructor(file: string, reader: LogReader, clock: () => Millis, claim: { release(): void }) {
    this.#reader = reader;
    this.#head = reader.head();
    this.#clock = new RecordingClock(clock, reader.lastRecordedAt());
    this.#claim = claim;
    this.#commits = new GroupCommit(
      () => startThread('./sqlite-writer.ts', file),
      this.#clock,
      (streams) => this.#committed(streams),
    );
    this.#checkpointer = startThread('./sqlite-checkpointer.ts', file);
  }

  async append(
    stream: string,
    events: readonly NewEvent[],
    expectedRevision: number,
  ): Promise<AppendOutcome> {
    if (events.length === 0) throw new RangeError('An append holds at least one event');
    return this.#commits.append(stream, events, expectedRevision);
  }

  async *readStream(stream: string, from = 0): AsyncIterable<RecordedEvent> {
    for (let next = from; ; await nextTurn()) {
      const page = this.streamSlice(stream, next, pageEvents);
      yield* page;
      if (page.length < pageEvents) return;
      next += page.length;
    }
  }

  async *readAll(after?: Position): AsyncIterable<RecordedEvent> {
    const end = this.#head;
    for (let last = startOf(after); last < end; await nextTurn()) {
      yield* this.slice(last, Math.min(pageEvents, end - last));
      last += pageEvents;
    }
  }

  subscribe(
    after: Position | undefined,
    handle: (batch: readonly RecordedEvent[]) => Promise<void>,
  ): Subscription {
    const subscription = new LogSubscription(
      (last, limit) => this.slice(last, limit),
      startOf(after),
      handle,
      (ended) => this.#subscriptions.delete(ended),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  streamSlice(stream: string, from: number, limit?: number): IndexedEvent[] {
    return this.#reader.streamSlice(stream, from, limit);
  }

  slice(after: number, limit: number): IndexedEvent[] {
    return this.#reader.slice(after, limit);
  }

  head(): number {
    return this.#head;
  }

  reached(position: Position): boolean {
    const index = indexOf(position);
    return index !== undefined && index <= this.#head;
  }

  pending(stream: string): Promise<void> | undefined {
    return this.#commits.pending(stream);
  }

  settledNow(lastRecordedAt: Millis | undefined): Millis {
    return this.#clock.settledNow(lastRecordedAt);
  }

  onCommit(listener: (streams: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** What SQLite finds wrong with the file; empty where all is well. Reads all of it on this thread: for fsck. */
  integrity(): string[] {
    return this.#reader.integrity();
  }

  /** Ends the subscriptions, writes the appends that were accepted, and gives the folder back. */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#checkpointer.terminate();
    // The writer's connection is the last but the reader's, which cannot write: it moves the WAL into the file.
    await this.#commits.close();
    this.#reader.close();
    this.#claim.release();
  }

  #committed(streams: readonly string[]): void {
    this.#head = this.#reader.head();
    for (const listener of this.#listeners) listener(streams);
    for (const subscription of this.#subscriptions) subscription.wake();
  }
}

const startThread = (script: string, file: string): Worker =>
  new Worker(new URL(script, import.meta.url), { workerData: { file } });

const startOf = (after: Position | undefined): number => {
  if (after === undefined) return 0;
  const index = indexOf(after);
  if (index === undefined) throw new RangeError('This position was not given out by this store');
  return index;
};
