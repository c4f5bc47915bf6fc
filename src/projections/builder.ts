import type { Worker } from 'node:worker_threads';
import { startThread, type ThreadEntry, terminatorOf } from './start-thread.ts';
import type { BuilderMessage, BuildJob, BuildMessage, BuildProgress } from './thread-messages.ts';

/**
 * Without a limit garbage is left to grow. A patient with 50,000 events, none of them settled, still fits in 128 MiB.
 */
const limits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

/** The calling thread's end of a thread that builds read models. */
export class Builder {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #terminate: () => void;
  #finish: ((reason: string | undefined) => void) | undefined;
  /** Why it does nothing any more. */
  #ended: string | undefined;

  constructor(thread: ThreadEntry, onProgress: (progress: BuildProgress) => void) {
    this.#worker = startThread(thread, { kind: 'build' }, limits);
    this.#terminate = terminatorOf(this.#worker);
    this.#worker.on('message', (message: BuildMessage) => {
      if (message.kind === 'progress') onProgress(message.progress);
      else if (message.kind !== 'ready') this.#finish?.(message.kind === 'done' ? undefined : message.reason);
    });
    this.#worker.on('error', (error) => {
      this.#ended ??= error.name;
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    void this.#exited.then(() => {
      this.#ended ??= 'the thread ended';
      this.#finish?.(this.#ended);
    });
  }

  /** Does one job, which no other may overlap; gives why it failed, or undefined. */
  run(job: BuildJob): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#finish = resolve;
    if (this.#ended === undefined) this.#tell(job);
    else resolve(this.#ended);
    return promise;
  }

  /** Ends it in the midst of its job, which then fails. */
  abort(): void {
    this.#ended ??= 'aborted';
    this.#terminate();
  }

  /** Once it has done its jobs. */
  async close(): Promise<void> {
    this.#tell({ kind: 'close' });
    await this.#exited;
  }

  #tell(message: BuilderMessage): void {
    this.#worker.postMessage(message);
  }
}
