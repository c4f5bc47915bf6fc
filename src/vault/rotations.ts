import { Worker } from 'node:worker_threads';
import type { Millis } from '../../schemas/instant.ts';
import type { RotationMessage } from './rotation-thread.ts';

type EndMessage = Exclude<RotationMessage, { kind: 'progress' }>;

/** How a rotation ended, and when. */
export type RotationEnd = EndMessage & { readonly endedAt: Millis };

export interface RotationsOptions {
  /** The entry module of the thread that rotates, and what it needs to find vault and keys. */
  readonly entry: URL;
  readonly places: unknown;
  readonly clock: () => Millis;
  /** Is waited for before the end is told. */
  readonly onEnd: (end: RotationEnd) => Promise<void>;
}

/** The rotations of this process: one at a time, in a thread of its own, so that no answer waits for it. */
export class Rotations {
  readonly #options: RotationsOptions;
  #running: { readonly worker: Worker; readonly ended: Promise<void> } | undefined;
  #progress: { readonly done: number; readonly total: number } | undefined;
  #last: RotationEnd | undefined;

  constructor(options: RotationsOptions) {
    this.#options = options;
  }

  /** How many keys the running rotation has seen, of how many. Absent: none is running. */
  get running(): { readonly done: number; readonly total: number } | undefined {
    return this.#running && (this.#progress ?? { done: 0, total: 0 });
  }

  /** How the last one of this process ended. */
  get last(): RotationEnd | undefined {
    return this.#last;
  }

  /** Begins one, or leaves the one that is running. */
  begin(): void {
    if (this.#running !== undefined) return;
    const { entry, places } = this.#options;
    const worker = new Worker(entry, { workerData: places });
    let end: EndMessage = { kind: 'failed', reason: 'its thread ended' };
    worker.on('message', (message: RotationMessage) => {
      if (message.kind !== 'progress') end = message;
      else this.#progress = { done: message.done, total: message.total };
    });
    worker.on('error', (error) => {
      end = { kind: 'failed', reason: error.name };
    });
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve(this.#ended(end)));
    });
    this.#running = { worker, ended };
  }

  /** Has the running one end where it is; the next goes on from there. */
  cancel(): void {
    this.#running?.worker.postMessage('cancel');
  }

  /** Cancels, and waits for the end. */
  async stop(): Promise<void> {
    this.cancel();
    await this.#running?.ended;
  }

  async #ended(end: EndMessage): Promise<void> {
    const last = { ...end, endedAt: this.#options.clock() };
    await this.#options.onEnd(last);
    this.#running = undefined;
    this.#progress = undefined;
    this.#last = last;
  }
}
