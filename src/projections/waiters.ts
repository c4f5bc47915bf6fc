/** Those who wait until something has come to pass; asked whenever it may have. */
export class Waiters {
  readonly #waiting = new Set<{ readonly isDone: () => boolean; settle(done: boolean): void }>();

  /** True once `isDone` holds, false where it does not within `timeoutMs`. */
  until(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isDone()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.settle(false), timeoutMs);
      const waiter = {
        isDone,
        settle: (done: boolean) => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(done);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** To be called when something has changed. */
  check(): void {
    for (const waiter of this.#waiting) if (waiter.isDone()) waiter.settle(true);
  }

  /** Nothing more will come. */
  giveUp(): void {
    for (const waiter of this.#waiting) waiter.settle(false);
  }
}
