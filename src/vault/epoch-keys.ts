import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Millis } from '../../schemas/instant.ts';
import {
  createEpochFile,
  destroyEpochFile,
  type EpochFile,
  isBeingDestroyed,
  readEpochFiles,
  wipeDestroyed,
} from './epoch-file.ts';
import { KeysRefused, keyLength, type MasterKey } from './master-key.ts';
import { type EpochFence, VaultUnavailable } from './port.ts';
import { type Retirement, readRetirement, retiredEpochs } from './retirement.ts';

/** The key of an epoch is not in this node's key store: it is destroyed, or not here yet, or was never to be here. */
export class EpochUnknown extends VaultUnavailable {
  override readonly name = 'EpochUnknown';
}

interface EpochKey {
  readonly createdAt: string;
  readonly wrapped: Buffer;
  readonly key: KeyObject;
}

/** The context under which the master key wraps an epoch's key. */
const epochContext = (epoch: number): string => `epoch key ${epoch}`;

/** An epoch with a new random key. */
export const newEpoch = async (master: MasterKey, epoch: number, now: Millis): Promise<EpochFile> => ({
  epoch,
  createdAt: new Date(now).toISOString(),
  wrapped: await master.wrap(randomBytes(keyLength), epochContext(epoch)),
});

/** The opened epoch keys of a keys folder, which other processes may change: `reload` takes up what they did. */
export class EpochKeys {
  readonly #folder: string;
  readonly #master: MasterKey;
  #keys: ReadonlyMap<number, EpochKey> = new Map();
  #current = 0;
  #reloading: Promise<void> | undefined;

  private constructor(folder: string, master: MasterKey) {
    this.#folder = folder;
    this.#master = master;
  }

  /** The youngest epoch is current. Rejects with KeysRefused where a key is missing, damaged, or another master's. */
  static async open(folder: string, master: MasterKey): Promise<EpochKeys> {
    const keys = new EpochKeys(folder, master);
    await keys.reload();
    return keys;
  }

  /** The epoch under which is wrapped. */
  get current(): number {
    return this.#current;
  }

  /** All that are here, oldest first. */
  list(): { readonly epoch: number; readonly createdAt: string }[] {
    return [...this.#keys].map(([epoch, { createdAt }]) => ({ epoch, createdAt }));
  }

  /** @throws EpochUnknown */
  key(epoch: number): KeyObject {
    const found = this.#keys.get(epoch);
    if (found === undefined) throw new EpochUnknown(`the key of epoch ${epoch} is not in the key store`);
    return found.key;
  }

  /** What a vault's fence at this epoch is: it knows the key again, and tells nothing of it. */
  fenceAt(epoch: number): EpochFence {
    return { epoch, check: createHmac('sha256', this.key(epoch)).update('fence').digest() };
  }

  /** Wraps under the epoch of a fence from now on. Rejects with EpochUnknown where its key is not here. */
  async follow(fence: EpochFence): Promise<void> {
    if (!this.#keys.has(fence.epoch)) await this.reload();
    if (!this.fenceAt(fence.epoch).check.equals(fence.check))
      throw new EpochUnknown(
        `epoch ${fence.epoch} of the vault has another key than here: all nodes must share one keys folder`,
      );
    this.#current = fence.epoch;
  }

  /** Reads the folder again; keys that are gone from it are forgotten. */
  reload(): Promise<void> {
    this.#reloading ??= this.#read().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Adds an epoch with a new key; where another process was first, its key is the epoch's. */
  async add(epoch: number, now: Millis): Promise<void> {
    await createEpochFile(this.#folder, await newEpoch(this.#master, epoch, now));
    await this.reload();
  }

  /** Destroys an epoch's key, on the disk and here. What is still wrapped under it can never be read again. */
  async destroy(epoch: number, clock: () => Millis): Promise<void> {
    if (epoch === this.#current) throw new KeysRefused('the current epoch is not destroyed');
    await destroyEpochFile(this.#folder, epoch, clock);
    await this.reload();
  }

  /** Completes destructions that were interrupted. */
  wipeDestroyed(clock: () => Millis): Promise<void> {
    return wipeDestroyed(this.#folder, clock);
  }

  /**
   * Whether an epoch's key is destroyed, and when where that was noted: versions before this one did not. Absent where it
   * is still there, or its wiping is not complete, or this node has not seen so young an epoch yet. Rejects with
   * KeysRefused where the folder or the note is not as it should be.
   */
  async retirementOf(epoch: number): Promise<Partial<Retirement> | undefined> {
    await this.reload();
    if (this.list().some((one) => one.epoch <= epoch)) return undefined;
    if (isBeingDestroyed(this.#folder, epoch)) return undefined;
    return (await readRetirement(this.#folder, epoch)) ?? {};
  }

  /** Epochs whose keys are destroyed, with when, youngest first, up to `limit`. */
  async retired(limit: number): Promise<Retirement[]> {
    const noted = await retiredEpochs(this.#folder, limit);
    const retired = await Promise.all(noted.map((epoch) => this.retirementOf(epoch)));
    return retired.filter((one): one is Retirement => one?.retiredAt !== undefined);
  }

  async #read(): Promise<void> {
    const keys = new Map<number, EpochKey>();
    for (const file of await readEpochFiles(this.#folder)) keys.set(file.epoch, await this.#open(file));
    this.#keys = keys;
    if (!keys.has(this.#current)) this.#current = Math.max(...keys.keys());
  }

  async #open({ epoch, createdAt, wrapped }: EpochFile): Promise<EpochKey> {
    const known = this.#keys.get(epoch);
    if (known?.wrapped.equals(wrapped)) return known;
    const key = createSecretKey(await this.#master.unwrap(wrapped, epochContext(epoch)));
    return { createdAt, wrapped, key };
  }
}
