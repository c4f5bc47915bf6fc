import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IndexedEvent, RecordedEvent, Subscription } from './port.ts';

const batchEvents = 256;

/** Follows a log on this machine from an index on, at the pace of its handler. */
export class LogSubscription implements Subscription {
  readonly done: Promise<void>;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(
    slice: (after: number, limit: number) => IndexedEvent[],
    after: number,
    handle: (batch: readonly RecordedEvent[]) => Promise<void>,
    ended: (subscription: LogSubscription) => void,
  ) {
    this.done = this.#run(slice, after, handle).finally(() => ended(this));
  }

  /** To be called when the log has grown. */
  wake(): void {
    this.#wake();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    return this.done;
  }

  async #run(
    slice: (after: number, limit: number) => IndexedEvent[],
    after: number,
    handle: (batch: readonly RecordedEvent[]) => Promise<void>,
  ): Promise<void> {
    let last = after;
    // A turn of the event loop a batch: a handler that never waits must not hold up everything else.
    for (await nextTurn(); !this.#stopped; await nextTurn()) {
      const batch = slice(last, batchEvents);
      if (batch.length === 0) await this.#grown();
      else await handle(batch);
      last = batch.at(-1)?.index ?? last;
    }
  }

  /** Nothing runs between the empty slice and this, so no wake is missed. */
  #grown(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
