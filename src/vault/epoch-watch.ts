import type { Millis } from '../../schemas/instant.ts';
import { EpochUnknown } from './epoch-keys.ts';
import { meetFence } from './fence.ts';
import type { KeyStore } from './keystore.ts';
import type { Vault } from './port.ts';

/** Between two looks at the epochs. */
const everyMs = 60_000;
/** After so long a rotation that another node began, and that is not complete, is taken for interrupted. */
const interruptedMs = 3_600_000;

export interface EpochWatchOptions {
  readonly keyStore: Pick<KeyStore, 'epochs'>;
  readonly vault: Vault;
  readonly clock: () => Millis;
  /** How old an epoch gets; infinite: rotation is left to the operator. */
  readonly maxAgeMs: number;
  readonly rotate: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps up with what other processes do to the epochs, and has keys rotated when the current epoch is too old, or
 * where a rotation was interrupted.
 */
export class EpochWatch {
  readonly #options: EpochWatchOptions;
  #known = true;
  #first = true;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: EpochWatchOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#next(), 0);
  }

  /** Whether the epoch at which the vault stands is known here; without it nobody can be admitted. */
  get known(): boolean {
    return this.#known;
  }

  /** How long ago the current epoch was made, and the oldest whose key is here, and how old an epoch gets. */
  ages(): { readonly current: Millis; readonly oldest: Millis; readonly max: Millis } {
    const { keyStore, clock, maxAgeMs } = this.#options;
    const now = clock();
    const ages = new Map(
      keyStore.epochs.list().map(({ epoch, createdAt }) => [epoch, now - Date.parse(createdAt)]),
    );
    const current = ages.get(keyStore.epochs.current)!; // The current one is always here.
    return { current, oldest: Math.max(...ages.values()), max: maxAgeMs };
  }

  /** Looks without waiting for the minute to end. */
  async lookNow(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    await this.#next();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  #next(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      await this.#look();
      if (this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#next(), everyMs);
    });
    return this.#looking;
  }

  /** Forgets the keys that others destroyed, takes up those that they made, and begins what is due. */
  async #look(): Promise<void> {
    const { keyStore, vault, clock, rotate, onFailure } = this.#options;
    try {
      await keyStore.epochs.wipeDestroyed(clock);
      await keyStore.epochs.reload();
      await meetFence(vault, keyStore);
      this.#known = true;
    } catch (error) {
      if (error instanceof EpochUnknown) this.#known = false;
      onFailure(error);
      return;
    }
    if (this.#isDue()) rotate();
    this.#first = false;
  }

  #isDue(): boolean {
    const { epochs } = this.#options.keyStore;
    const { current, max } = this.ages();
    const incomplete = epochs.list().some(({ epoch }) => epoch < epochs.current);
    return current >= max || (incomplete && (this.#first || current >= interruptedMs));
  }
}
