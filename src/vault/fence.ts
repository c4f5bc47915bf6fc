import type { KeyStore } from './keystore.ts';
import { KeysRefused } from './master-key.ts';
import type { Vault } from './port.ts';

/**
 * Has the key store wrap under the epoch at which the vault's fence stands, and sets the fence of a vault that was
 * never used. Rejects with EpochUnknown where that epoch's key is not in the key store, with VaultUnavailable.
 */
export const meetFence = async (vault: Vault, { epochs }: Pick<KeyStore, 'epochs'>): Promise<void> =>
  epochs.follow((await vault.fence()) ?? (await vault.advance(undefined, epochs.fenceAt(epochs.current))));

/**
 * Requires before a start that vault and keys belong together, and then meets the fence. Rejects with KeysRefused, in
 * a sentence for the operator, where data keys are wrapped under an epoch that the key store does not hold: the vault
 * is a copy from before its key was destroyed, or the keys folder is an older copy than the vault.
 */
export const requireOpenable = async (vault: Vault, keyStore: Pick<KeyStore, 'epochs'>): Promise<void> => {
  const { epochs } = keyStore;
  await epochs.reload();
  let missing = await epochsMissing(vault, keyStore);
  if (missing.length > 0) {
    // A rotation may have been completed between the two readings.
    await epochs.reload();
    missing = await epochsMissing(vault, keyStore);
  }
  const [first] = missing;
  if (first !== undefined) throw new KeysRefused(whyMissing(first, keyStore));
  await meetFence(vault, keyStore);
};

const epochsMissing = async (vault: Vault, { epochs }: Pick<KeyStore, 'epochs'>): Promise<number[]> => {
  const fence = await vault.fence();
  const named = [...(await vault.epochs()).keys(), ...(fence ? [fence.epoch] : [])];
  const held = new Set(epochs.list().map(({ epoch }) => epoch));
  return named.filter((epoch) => !held.has(epoch)).toSorted((one, other) => one - other);
};

const whyMissing = (epoch: number, { epochs }: Pick<KeyStore, 'epochs'>): string => {
  const [oldest] = epochs.list();
  return oldest !== undefined && epoch < oldest.epoch
    ? `The vault holds data keys of epoch ${epoch}, whose key was destroyed: it is a copy from before the rotation to epoch ${oldest.epoch} (begun ${oldest.createdAt}), and can never be opened again. Restore a copy made since then.`
    : `The vault stands at epoch ${epoch}, whose key is not in the keys folder: the folder is older than the vault, or another node's own. Bring it up to date; all nodes share one.`;
};
