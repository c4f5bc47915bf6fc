import type { Millis } from '../../schemas/instant.ts';
import { meetFence } from './fence.ts';
import type { KeyStore } from './keystore.ts';
import type { Vault } from './port.ts';
import type { Retirement } from './retirement.ts';

const pageSize = 1_000;

export interface RotationOptions {
  readonly keyStore: Pick<KeyStore, 'epochs' | 'rewrap'>;
  readonly vault: Vault;
  readonly clock: () => Millis;
  /** Ends it between two pages; what is done stays done. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Rotation {
  readonly epoch: number;
  /** Whether this run went on with one that had been interrupted, instead of beginning a new epoch. */
  readonly resumed: boolean;
  readonly rewrapped: number;
}

/**
 * Wraps every data key under a new epoch and then destroys the older epochs' keys, so that each older copy of the
 * vault is worthless. Everything else goes on meanwhile: the fence of the vault takes no entry of an older epoch from
 * before the first key is rewrapped. Interrupted anywhere, it goes on where it was when it is called again; several
 * that run at once do the same work and harm nothing.
 */
export const rotateEpoch = async (options: RotationOptions): Promise<Rotation> => {
  const { vault, keyStore, clock } = options;
  const { epochs } = keyStore;
  await epochs.wipeDestroyed(clock);
  await epochs.reload();
  await meetFence(vault, keyStore);
  const resumed = olderEpochs(keyStore).length > 0;
  if (!resumed) await beginEpoch(vault, keyStore, clock());
  const rewrapped = await rewrapAll(options);
  await requireNoneBefore(vault, epochs.current);
  for (const epoch of olderEpochs(keyStore)) await epochs.destroy(epoch, clock);
  return { epoch: epochs.current, resumed, rewrapped };
};

const olderEpochs = ({ epochs }: Pick<KeyStore, 'epochs'>): number[] =>
  epochs.list().flatMap(({ epoch }) => (epoch < epochs.current ? [epoch] : []));

/** The key first, then the fence: what is wrapped under an epoch has its key on the disk. */
const beginEpoch = async (vault: Vault, { epochs }: Pick<KeyStore, 'epochs'>, now: Millis): Promise<void> => {
  const from = epochs.current;
  await epochs.add(from + 1, now);
  await epochs.follow(await vault.advance(from, epochs.fenceAt(from + 1)));
};

const rewrapAll = async ({
  vault,
  keyStore,
  signal,
  onProgress = () => {},
}: RotationOptions): Promise<number> => {
  const total = [...(await vault.epochs()).values()].reduce((sum, entries) => sum + entries, 0);
  let done = 0;
  let rewrapped = 0;
  let page = await vault.page(undefined, pageSize);
  while (page.length > 0) {
    signal?.throwIfAborted();
    const older = page.filter((entry) => entry.epoch !== keyStore.epochs.current);
    for (const [epoch, entries] of Map.groupBy(older, (entry) => entry.epoch))
      rewrapped += await vault.rewrap(entries.map(keyStore.rewrap), epoch);
    done += page.length;
    onProgress(done, total);
    page = await vault.page(page.at(-1)?.subject, pageSize);
  }
  return rewrapped;
};

/** An epoch's key is destroyed only where the vault itself says that nothing hangs on it. */
const requireNoneBefore = async (vault: Vault, epoch: number): Promise<void> => {
  const left = [...(await vault.epochs()).keys()].filter((other) => other < epoch);
  if (left.length > 0)
    throw new Error('entries of an older epoch appeared during the rotation: run it again');
};

/** How many retired epochs are shown. */
export const retiredShown = 10;

export interface KeysStatus {
  readonly epochs: readonly {
    readonly epoch: number;
    readonly createdAt: string;
    readonly current: boolean;
    /** Data keys wrapped under it. */
    readonly subjects: number;
  }[];
  /** The youngest of those whose keys are destroyed, youngest first. */
  readonly retired: readonly Retirement[];
  /** A rotation is under way, or an interrupted one waits to be run again. */
  readonly rotating: boolean;
}

/** Which epochs there are and what hangs on each, and which were retired last. */
export const keysStatus = async (
  { epochs }: Pick<KeyStore, 'epochs'>,
  vault: Pick<Vault, 'epochs'>,
): Promise<KeysStatus> => {
  const subjects = await vault.epochs();
  return {
    epochs: epochs.list().map(({ epoch, createdAt }) => ({
      epoch,
      createdAt,
      current: epoch === epochs.current,
      subjects: subjects.get(epoch) ?? 0,
    })),
    retired: await epochs.retired(retiredShown),
    rotating: epochs.list().length > 1,
  };
};
