import type { Millis } from '../../schemas/instant.ts';
import { type Urgency, urgencyOf } from './deadline.ts';
import { isOpen } from './erasure.ts';
import type { Found } from './erasures.ts';
import { carryOutErasure, type SagaParts } from './saga.ts';

export interface WorkParts extends SagaParts {
  /** Days before its deadline at which a request is due soon. */
  readonly soonDays: number;
  /** Days after which a request that was decided is itself forgotten. */
  readonly retentionDays: number;
}

/** What one pass came to. `failed` is tried again by the next. */
export interface WorkPass {
  readonly executed: number;
  readonly failed: number;
  /** What the first of those threw that broke, and are among the failed. */
  readonly broken?: unknown;
  readonly forgotten: number;
  /** Requests that are not answered yet, by how they stand. */
  readonly open: Readonly<Record<Urgency, number>>;
}

const dayMs = 86_400_000;
const nothing: WorkPass = {
  executed: 0,
  failed: 0,
  forgotten: 0,
  open: { 'in-time': 0, 'due-soon': 0, overdue: 0 },
};

/** Carries out what was approved, wherever it was left off, and forgets requests whose own retention is over. */
export class ErasureWork {
  readonly #parts: WorkParts;
  readonly #stopping: AbortController;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<WorkPass> | undefined;
  #last = nothing;

  constructor(parts: Omit<WorkParts, 'signal'>) {
    this.#stopping = new AbortController();
    this.#parts = { ...parts, signal: this.#stopping.signal };
  }

  /** Of the last pass. */
  get last(): WorkPass {
    return this.#last;
  }

  /** One pass over every request; it ends early, at the next request, once it is stopped. */
  async pass(): Promise<WorkPass> {
    const { erasures, clock, soonDays, retentionDays, signal, vault } = this.#parts;
    const { found, unreadable } = await erasures.all();
    const open = { ...nothing.open };
    const broken: unknown[] = [];
    let [executed, failed, forgotten] = [0, unreadable.length, 0];
    for (const one of found) {
      if (signal.aborted) break;
      const { status, dueAt } = one.erasure;
      const isExecuted = status === 'approved' && (await this.#carryOut(one, broken));
      if (isExecuted) executed += 1;
      else if (status === 'approved') failed += 1;
      if (isOpen(one.erasure) && !isExecuted && dueAt !== undefined)
        open[urgencyOf(Date.parse(dueAt), clock(), soonDays)] += 1;
      if (isForgettable(one, clock(), retentionDays)) {
        await vault.destroy(one.erasureId);
        erasures.forget(one.erasureId);
        forgotten += 1;
      }
    }
    this.#last = { executed, failed, forgotten, open, ...(broken.length > 0 && { broken: broken[0] }) };
    return this.#last;
  }

  /** Whether it is executed now; one that breaks is in nobody else's way. */
  async #carryOut(one: Found, broken: unknown[]): Promise<boolean> {
    try {
      return (await carryOutErasure(this.#parts, one)).ok;
    } catch (error) {
      broken.push(error);
      return false;
    }
  }

  /** Passes now and every `intervalMs`, one at a time, until `stop`. */
  start(intervalMs: number, onPass: (pass: WorkPass | Error) => void): void {
    const run = async (): Promise<void> => {
      this.#wanted = false;
      this.#running = this.pass();
      onPass(await this.#running.catch((error: Error) => error));
      this.#running = undefined;
      this.#schedule(run, this.#wanted ? 0 : intervalMs);
    };
    this.soon = () => {
      if (this.#running === undefined) this.#schedule(run, 0);
      else this.#wanted = true;
    };
    this.#schedule(run, 0);
  }

  /** Has a pass begin now, or right after the one that is under way. */
  soon: () => void = () => {};

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running?.catch(() => nothing);
  }

  #schedule(run: () => Promise<void>, delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => void run(), delayMs);
  }
}

const isForgettable = ({ erasure }: Found, now: Millis, retentionDays: number): boolean => {
  const decided = erasure.executed?.recordedAt ?? erasure.rejected?.recordedAt;
  return decided !== undefined && now >= decided + retentionDays * dayMs;
};
