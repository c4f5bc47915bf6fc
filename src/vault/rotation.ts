import type { Millis } from '../../schemas/instant.ts';
import { type KeyFile, masterKeyPath, readKeyFile, replaceKeyFile } from './key-file.ts';
import { newEpoch, openKeyStore } from './keystore.ts';
import { type MasterKey, openMasterKeyFile } from './master-key.ts';
import type { Vault } from './port.ts';

const pageSize = 1_000;

export interface Rotation {
  readonly epoch: number;
  /** Whether this run went on with one that had been interrupted, instead of beginning a new epoch. */
  readonly resumed: boolean;
  readonly rewrapped: number;
}

/**
 * Wraps every data key under a new epoch and then forgets the older epochs' keys, so that each older copy of the
 * vault is worthless. Interrupted anywhere, it goes on where it was when it is called again.
 *
 * Hazard: nothing else may use the vault meanwhile; a process that still admits under an old epoch would lose what
 * it admits. The caller holds the data folder's claim.
 */
export const rotateEpoch = async (
  folder: string,
  vault: Vault,
  now: Millis,
  onProgress: (done: number, total: number) => void = () => {},
  masterKey?: MasterKey,
): Promise<Rotation> => {
  const before = await readKeyFile(folder);
  const resumed = before.epochs.length > 1;
  if (!resumed) {
    const master = masterKey ?? (await openMasterKeyFile(masterKeyPath(folder)));
    const epoch = await newEpoch(master, currentEpoch(before) + 1, now);
    await replaceKeyFile(folder, { ...before, epochs: [...before.epochs, epoch] });
  }
  const rewrapped = await rewrapAll(folder, vault, onProgress, masterKey);
  const after = await readKeyFile(folder);
  const epoch = currentEpoch(after);
  await replaceKeyFile(folder, { ...after, epochs: after.epochs.filter((entry) => entry.epoch === epoch) });
  return { epoch, resumed, rewrapped };
};

const rewrapAll = async (
  folder: string,
  vault: Vault,
  onProgress: (done: number, total: number) => void,
  masterKey: MasterKey | undefined,
): Promise<number> => {
  const keyStore = await openKeyStore(folder, masterKey);
  const total = [...(await vault.epochs()).values()].reduce((sum, entries) => sum + entries, 0);
  let done = 0;
  let rewrapped = 0;
  let page = await vault.page(undefined, pageSize);
  while (page.length > 0) {
    const older = page.filter((entry) => entry.epoch !== keyStore.currentEpoch);
    for (const [epoch, entries] of Map.groupBy(older, (entry) => entry.epoch))
      rewrapped += await vault.rewrap(entries.map(keyStore.rewrap), epoch);
    done += page.length;
    onProgress(done, total);
    page = await vault.page(page.at(-1)?.subject, pageSize);
  }
  await requireAllIn(vault, keyStore.currentEpoch);
  return rewrapped;
};

/** An epoch's key is forgotten only where the vault itself says that nothing hangs on it. */
const requireAllIn = async (vault: Vault, epoch: number): Promise<void> => {
  const left = [...(await vault.epochs()).keys()].filter((other) => other !== epoch);
  if (left.length > 0)
    throw new Error('entries of an older epoch appeared during the rotation: run it again');
};

const currentEpoch = (file: KeyFile): number => Math.max(...file.epochs.map((entry) => entry.epoch));

export interface KeysStatus {
  readonly epochs: readonly {
    readonly epoch: number;
    readonly createdAt: string;
    readonly current: boolean;
    /** Data keys wrapped under it. */
    readonly subjects: number;
  }[];
  /** An interrupted rotation waits to be run again. */
  readonly rotating: boolean;
}

/** Which epochs there are and what hangs on each; opens every key on the way, and so proves that it can. */
export const keysStatus = async (
  folder: string,
  vault: Vault,
  masterKey?: MasterKey,
): Promise<KeysStatus> => {
  const file = await readKeyFile(folder);
  const { currentEpoch: current } = await openKeyStore(folder, masterKey);
  const subjects = await vault.epochs();
  return {
    epochs: file.epochs.map(({ epoch, createdAt }) => ({
      epoch,
      createdAt,
      current: epoch === current,
      subjects: subjects.get(epoch) ?? 0,
    })),
    rotating: file.epochs.length > 1,
  };
};
