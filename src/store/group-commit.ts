import type { Worker } from 'node:worker_threads';
import type { AppendOutcome, NewEvent } from './port.ts';
import type { RecordingClock } from './recording-clock.ts';
import { type BatchMessage, BatchPacker, type FailedOutcome, outcomeAt, type WriterMessage } from './wire.ts';

/** A batch takes no more appends once it holds this many bytes, so that no append waits long for the others'. */
const batchBytes = 4 * 1024 * 1024;

/** Appends that wait together, and share one transaction and one fsync. */
class Batch {
  readonly #packer = new BatchPacker();
  readonly #waiting: ((outcome: AppendOutcome) => void)[] = [];
  readonly streams = new Set<string>();
  readonly decided: Promise<void>;
  #decide: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.decided = promise;
    this.#decide = resolve;
  }

  get full(): boolean {
    return this.#packer.length >= batchBytes;
  }

  add(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<AppendOutcome> {
    this.#packer.add(stream, events, expectedRevision);
    this.streams.add(stream);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  message(recordedAt: number): BatchMessage {
    return { recordedAt, appends: this.#waiting.length, bytes: this.#packer.take() };
  }

  settle(outcomeOf: (index: number) => AppendOutcome): void {
    this.#waiting.forEach((resolve, index) => {
      resolve(outcomeOf(index));
    });
    this.#decide();
  }
}

/**
 * The main thread's side of the writer: appends that wait are handed over together whenever the writer is idle, so
 * a batch grows with the load and nobody lingers. A writer's thread that died is replaced; what it had in hand is
 * `unknown`.
 */
export class GroupCommit {
  readonly #spawn: () => Worker;
  readonly #clock: RecordingClock;
  readonly #settled: (streams: readonly string[]) => void;
  readonly #queue: Batch[] = [];
  #inHand: Batch | undefined;
  #worker: { readonly thread: Worker; ready: boolean } | undefined;
  #scheduled = false;
  #closing = false;

  /** `settled` is called after each batch, before its outcomes are given out, with the streams that may have grown. */
  constructor(spawn: () => Worker, clock: RecordingClock, settled: (streams: readonly string[]) => void) {
    this.#spawn = spawn;
    this.#clock = clock;
    this.#settled = settled;
    this.#worker = this.#start();
  }

  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<AppendOutcome> {
    if (this.#closing) return Promise.resolve(unavailable('The store is closed'));
    let batch = this.#queue.at(-1);
    if (batch === undefined || batch.full) {
      batch = new Batch();
      this.#queue.push(batch);
    }
    const outcome = batch.add(stream, events, expectedRevision);
    this.#schedule();
    return outcome;
  }

  /** Settles when what the writer has in hand of this stream is decided; undefined where it has nothing of it. */
  pending(stream: string): Promise<void> | undefined {
    return this.#inHand?.streams.has(stream) ? this.#inHand.decided : undefined;
  }

  /** Writes what was accepted, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#inHand ?? this.#queue[0]) await (this.#inHand ?? this.#queue[0])?.decided;
    const thread = this.#worker?.thread;
    if (thread === undefined) return;
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage('close');
    await ended;
  }

  /**
   * Hands over in the next turn of the event loop. All that arrived in this turn goes together; and who waited for
   * `pending` runs first, and finds nothing in hand: a stream that is written all the time stays readable.
   */
  #schedule(): void {
    if (this.#scheduled || this.#inHand || this.#queue.length === 0) return;
    this.#scheduled = true;
    const pause = this.#clock.pause();
    const handOver = (): void => {
      this.#scheduled = false;
      this.#handOver();
    };
    if (pause > 0) setTimeout(handOver, pause);
    else setImmediate(handOver);
  }

  #handOver(): void {
    this.#worker ??= this.#start();
    if (!this.#worker.ready) return;
    this.#inHand = this.#queue.shift();
    if (this.#inHand === undefined) return;
    const message = this.#inHand.message(this.#clock.stamp());
    this.#worker.thread.postMessage(message, [message.bytes]);
  }

  #start(): { readonly thread: Worker; ready: boolean } {
    const worker = { thread: this.#spawn(), ready: false };
    let reason = 'its thread ended';
    worker.thread.on('message', (message: WriterMessage) => {
      if (message.kind === 'ready') worker.ready = true;
      else if (message.kind === 'failed') this.#settle(() => message.outcome);
      else this.#settle((index) => outcomeAt(message.outcomes, index));
      this.#schedule();
    });
    worker.thread.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    // 'exit' and not 'error': only now is the thread's connection closed, and what it had in hand either readable
    // or gone.
    worker.thread.on('exit', () => {
      this.#worker = undefined;
      const detail = `The writer of the log stopped: ${reason}`;
      this.#settle(() => ({ outcome: 'unknown', detail }));
      if (!worker.ready) {
        for (const batch of this.#queue.splice(0)) batch.settle(() => unavailable(detail));
      }
      this.#schedule();
    });
    return worker;
  }

  #settle(outcomeOf: (index: number) => AppendOutcome): void {
    const batch = this.#inHand;
    if (batch === undefined) return;
    this.#inHand = undefined;
    this.#settled([...batch.streams]);
    batch.settle(outcomeOf);
  }
}

const unavailable = (detail: string): FailedOutcome => ({
  outcome: 'refused',
  code: 'store-unavailable',
  detail,
});
