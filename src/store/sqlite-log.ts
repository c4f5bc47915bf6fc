import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { indexOf, LogReader } from './log-reader.ts';
import { LogSubscription } from './log-subscription.ts';
import type { IndexedEvent, Position, RecordedEvent, Subscription } from './port.ts';

/** Events read at once by the iterators. */
const pageEvents = 256;

/** Where the log of a data folder is, for a `LogReader` in another thread. */
export const logFile = (folder: string): string => join(folder, 'log.db');

/**
 * The log in a file of this machine, as it is read on the calling thread while another thread writes it: what the
 * embedded store and the replica of a remote one have in common.
 */
export class SqliteLog {
  readonly #reader: LogReader;
  readonly #checkpointer: Worker;
  readonly #listeners: ((streams: readonly string[]) => void)[] = [];
  readonly #subscriptions = new Set<LogSubscription>();
  #head: number;

  /** `file`: a `log.db` that has its tables. */
  constructor(file: string) {
    this.#reader = new LogReader(file);
    this.#head = this.#reader.head();
    this.#checkpointer = new Worker(new URL('./sqlite-checkpointer.ts', import.meta.url), {
      workerData: { file },
    });
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

  streamsNamed(prefix: string): readonly string[] {
    return this.#reader.streamsNamed(prefix);
  }

  erasures(after: number): readonly { readonly index: number; readonly stream: string }[] {
    return this.#reader.erasures(after);
  }

  head(): number {
    return this.#head;
  }

  reached(position: Position): boolean {
    const index = indexOf(position);
    return index !== undefined && index <= this.#head;
  }

  onCommit(listener: (streams: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** What SQLite finds wrong with the file; empty where all is well. Reads all of it on this thread: for fsck. */
  integrity(): string[] {
    return this.#reader.integrity();
  }

  /** When the last event of the file was recorded; undefined where there is none. */
  protected lastRecordedAt(): number | undefined {
    return this.#reader.lastRecordedAt();
  }

  /**
   * To be called after each commit, in their order, with the streams that may have grown and the index of its last
   * event. Hazard: the file may hold more by now, of which the listeners have not heard yet. A head that told of it
   * would have whoever waits for a position answer from a record that was read before.
   */
  protected committed(streams: readonly string[], head = this.#reader.head()): void {
    this.#head = head;
    for (const listener of this.#listeners) listener(streams);
    for (const subscription of this.#subscriptions) subscription.wake();
  }

  /** Ends the subscriptions, then whoever writes, then the reading. */
  protected async end(writer: () => Promise<unknown>): Promise<void> {
    await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#endCheckpoints();
    // The writer's connection is the last but the reader's, which cannot write: it moves the WAL into the file.
    await writer();
    this.#reader.close();
  }

  /** Hazard: to terminate a thread in the moment in which it loads SQLite takes the whole process down (Node-API). */
  async #endCheckpoints(): Promise<void> {
    const ended = new Promise((resolve) => this.#checkpointer.once('exit', resolve));
    this.#checkpointer.postMessage('end');
    await ended;
  }
}

const startOf = (after: Position | undefined): number => {
  if (after === undefined) return 0;
  const index = indexOf(after);
  if (index === undefined) throw new RangeError('This position was not given out by this store');
  return index;
};
