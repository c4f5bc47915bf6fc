import { Worker } from 'node:worker_threads';
import type { EvidenceCall, EvidenceCalls, EvidenceReply } from './thread.ts';

/** How the thread of the evidence is started: its entry module, and what it needs to find log and model. */
export interface EvidenceThreadEntry {
  readonly entry: URL;
  readonly places: unknown;
}

interface Pending {
  settle(value: unknown): void;
  reject(error: Error): void;
}

/** The thread of the evidence, as another thread calls it. */
export class EvidenceThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #calls = 0;
  #failure: Error | undefined;

  constructor({ entry, places }: EvidenceThreadEntry) {
    this.#worker = new Worker(entry, { workerData: places });
    this.#worker.on('message', (reply: EvidenceReply) => this.#heard(reply));
    this.#worker.on('error', (error) => this.#fail(error.name));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail('its thread ended');
        resolve();
      });
    });
  }

  /** Rejects where the call fails or the thread has ended; the message names no more than indexes and types. */
  call<Name extends keyof EvidenceCalls>(
    name: Name,
    ...args: Parameters<EvidenceCalls[Name]>
  ): Promise<ReturnType<EvidenceCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#calls += 1;
      const id = this.#calls;
      this.#pending.set(id, {
        settle: (value) => resolve(value as ReturnType<EvidenceCalls[Name]>),
        reject,
      });
      this.#worker.postMessage({ id, name, args } as EvidenceCall);
    });
  }

  /** Answers what was asked, then ends. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage('close');
    await this.#ended;
  }

  #heard({ id, value, failed }: EvidenceReply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (failed === undefined) pending?.settle(value);
    else pending?.reject(new Error(failed));
  }

  #fail(reason: string): void {
    this.#failure ??= new Error(`the evidence is not kept: ${reason}`);
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
