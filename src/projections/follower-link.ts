import type { Worker } from 'node:worker_threads';
import { startThread, type ThreadEntry } from './rebuild.ts';
import type { FollowerMessage, FollowerReport } from './thread-messages.ts';
import { Waiters } from './waiters.ts';

const adoptionMs = 60_000;

/** The answering thread's end of the thread that takes the models along the log (follower.ts). */
export class FollowerLink {
  /** Asked whenever the follower has reported, and whenever the log has grown. */
  readonly waiters = new Waiters();
  readonly #head: () => number;
  readonly #worker: Worker;
  #report: FollowerReport = { generation: 0, models: [] };
  #failure: string | undefined;
  #told = false;

  constructor(thread: ThreadEntry, head: () => number) {
    this.#head = head;
    this.#worker = startThread(thread, { kind: 'follow' });
    this.#worker.on('message', (report: FollowerReport) => this.#heard(report));
    this.#worker.on('error', (error) => this.fail(error.name));
    this.#worker.on('exit', () => this.fail('its thread ended'));
  }

  /** Why no model goes any further; absent while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get models(): FollowerReport['models'] {
    return this.#report.models;
  }

  /** Has it go on with the models in `folder`; false where it does not. */
  async adopt(generation: number, folder: string): Promise<boolean> {
    this.#tell({ kind: 'adopt', generation, folder });
    const isTaken = () => this.#report.generation === generation;
    const taken = await this.waiters.until(isTaken, adoptionMs);
    if (!taken) this.fail('its thread does not take the models up');
    return taken;
  }

  /** To be called when the log has grown. It is told once, until it has reported. */
  grew(): void {
    this.waiters.check();
    if (this.#told) return;
    this.#told = true;
    this.#tell({ kind: 'grew' });
  }

  fail(reason: string): void {
    this.#failure = reason;
    this.waiters.giveUp();
  }

  async close(): Promise<void> {
    this.waiters.giveUp();
    if (this.#worker.threadId === -1) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#tell({ kind: 'close' });
    await exited;
  }

  #heard(report: FollowerReport): void {
    this.#report = report;
    this.#told = false;
    this.waiters.check();
    // What was committed while it was told may have come too late for it.
    const head = this.#head();
    if (report.models.some(({ checkpoint, stopped }) => !stopped && checkpoint < head)) this.grew();
  }

  #tell(message: FollowerMessage): void {
    this.#worker.postMessage(message);
  }
}
