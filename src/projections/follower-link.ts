import type { Worker } from 'node:worker_threads';
import { startThread, type ThreadEntry } from './start-thread.ts';
import type { FollowerMessage, FollowerReport } from './thread-messages.ts';
import { Waiters } from './waiters.ts';

const adoptionMs = 60_000;
/** Milliseconds before a thread that ended is replaced: after the first end, and at most. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** A thread that went on for so long ended for a reason of its own. */
const steadyMs = 60_000;

/** The answering thread's end of the thread that takes the models along the log (follower.ts), and is replaced. */
export class FollowerLink {
  /** Asked whenever the follower has reported, and whenever the log has grown. */
  readonly waiters = new Waiters();
  readonly #thread: ThreadEntry;
  readonly #head: () => number;
  /** Absent between the end of one and the start of the next. */
  #worker: Worker | undefined;
  #startedAt = 0;
  #pauseMs = firstPauseMs;
  #restart: NodeJS.Timeout | undefined;
  #closing = false;
  #adopted: { readonly generation: number; readonly folder: string } | undefined;
  #report: FollowerReport = { generation: 0, models: [] };
  #failure: string | undefined;
  /** Why there is no thread, or none that has reported yet after another had ended. */
  #down: string | undefined;
  #told = false;

  constructor(thread: ThreadEntry, head: () => number) {
    this.#thread = thread;
    this.#head = head;
    this.#start();
  }

  /** Why no model goes any further; absent while all is well. */
  get failure(): string | undefined {
    return this.#failure ?? this.#down;
  }

  get models(): FollowerReport['models'] {
    return this.#report.models;
  }

  /** Has it go on with the models in `folder`; false where it does not. */
  async adopt(generation: number, folder: string): Promise<boolean> {
    this.#adopted = { generation, folder };
    this.#tell({ kind: 'adopt', generation, folder });
    const isTaken = () => this.#report.generation === generation;
    const taken = await this.waiters.until(isTaken, adoptionMs);
    if (!taken) this.fail('its thread does not take the models up');
    return taken;
  }

  /** To be called when the log has grown. It is told once, until it has reported. */
  grew(): void {
    this.waiters.check();
    if (this.#told || this.#worker === undefined) return;
    this.#told = true;
    this.#tell({ kind: 'grew' });
  }

  fail(reason: string): void {
    this.#failure = reason;
    this.waiters.giveUp();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    this.waiters.giveUp();
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    this.#tell({ kind: 'close' });
    await exited;
  }

  #start(): void {
    const worker = startThread(this.#thread, { kind: 'follow' });
    let reason = 'its thread ended';
    worker.on('message', (report: FollowerReport) => this.#heard(report));
    worker.on('error', (error) => {
      reason = error.name;
    });
    worker.once('exit', () => this.#ended(reason));
    this.#worker = worker;
    this.#startedAt = performance.now();
    if (this.#adopted !== undefined) this.#tell({ kind: 'adopt', ...this.#adopted });
  }

  #ended(reason: string): void {
    this.#worker = undefined;
    this.#told = false;
    this.#down = reason;
    this.waiters.check();
    if (this.#closing) return;
    if (performance.now() - this.#startedAt > steadyMs) this.#pauseMs = firstPauseMs;
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  #heard(report: FollowerReport): void {
    this.#report = report;
    this.#down = undefined;
    this.#told = false;
    this.waiters.check();
    // What was committed while it was told may have come too late for it.
    const head = this.#head();
    if (report.models.some(({ checkpoint, stopped }) => !stopped && checkpoint < head)) this.grew();
  }

  #tell(message: FollowerMessage): void {
    this.#worker?.postMessage(message);
  }
}
