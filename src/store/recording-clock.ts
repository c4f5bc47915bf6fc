import type { Millis } from '../../schemas/instant.ts';

/** How far a stamp may stand ahead of the clock before batches are slowed down. */
const leadMillis = 50;

/**
 * Gives each batch its `recordedAt` and each question its "now" so that the two never cross: whatever is stamped
 * later lies after every now that was given out before, and stamps never fall in log order, whatever the clock does
 * (SEMANTICS S1.3).
 */
export class RecordingClock {
  readonly #clock: () => Millis;
  #last: Millis;

  /** `last`: the `recordedAt` of the last event in the log, so that stamps stay monotone over restarts. */
  constructor(clock: () => Millis, last: Millis | undefined) {
    this.#clock = clock;
    this.#last = last ?? Number.NEGATIVE_INFINITY;
  }

  /** The `recordedAt` of the batch that is handed over now. */
  stamp(): Millis {
    this.#last = Math.max(this.#last, this.#clock());
    return this.#last;
  }

  /** See `LocalLog.settledNow`. Whatever is stamped from here on lies after the returned instant. */
  settledNow(lastRecordedAt: Millis | undefined): Millis {
    const now = Math.max(this.#clock(), lastRecordedAt ?? Number.NEGATIVE_INFINITY);
    this.#last = Math.max(this.#last, now + 1);
    return now;
  }

  /**
   * Milliseconds to wait before the next stamp. Questions between batches push the stamps a millisecond on each; one
   * millisecond a batch is what the clock gains back, so the lead stays bounded. After the clock was set back it is
   * no more than that either: writes become slower, they do not stop until the clock has caught up.
   */
  pause(): Millis {
    return this.#last - this.#clock() > leadMillis ? 1 : 0;
  }
}
