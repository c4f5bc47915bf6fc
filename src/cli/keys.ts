import type { Millis } from '../../schemas/instant.ts';
import type { Config } from '../config.ts';
import { openVault, vaultPlace } from '../ledger-vault.ts';
import { initKeys, type KeyStore, openKeyStore } from '../vault/keystore.ts';
import type { Vault } from '../vault/port.ts';
import { keysStatus, rotateEpoch } from '../vault/rotation.ts';
import { type Progress, under } from './progress.ts';

/** Where a ledger's vault and keys are, as the configuration gives it. */
export type KeyPlaces = Pick<Config, 'dataFolder' | 'keysFolder' | 'vault' | 'postgres'>;

/** `consent-ledger keys init`: new keys for a new ledger; rejects with KeysRefused where there are some. */
export const initKeysCommand = async ({ keysFolder }: KeyPlaces, now: Millis): Promise<string> => {
  await initKeys(keysFolder, now);
  return [
    `New keys in ${keysFolder}.`,
    'Keep a copy of master.key apart from every backup of the data: without it nothing can be read again,',
    'and who has both can read everything.',
  ].join('\n');
};

/**
 * `consent-ledger keys rotate`: a new epoch, under which every data key is wrapped anew, and the end of the old one's
 * key; goes on where an earlier run was interrupted. Services that run on the same vault and keys go on meanwhile.
 */
export const rotateKeysCommand = async (
  places: KeyPlaces,
  clock: () => Millis,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const onProgress = (done: number, total: number) =>
    progress.show(total === 0 ? 1 : done / total, `${done} keys`);
  const { epoch, resumed, rewrapped } = await under(progress, () =>
    withVault(places, (vault, keyStore) => rotateEpoch({ vault, keyStore, clock, signal, onProgress })),
  );
  const how = resumed ? 'The interrupted rotation is complete' : 'The rotation is complete';
  return `${how}: ${rewrapped} data keys were wrapped anew, all now under epoch ${epoch}.`;
};

/** `consent-ledger keys status`: the epochs and what hangs on each, and when the last ones before them were destroyed. */
export const keysStatusCommand = async (places: KeyPlaces): Promise<string> => {
  const { epochs, retired, rotating } = await withVault(places, (vault, keyStore) =>
    keysStatus(keyStore, vault),
  );
  const lines = epochs.map(
    ({ epoch, createdAt, current, subjects }) =>
      `epoch ${epoch}  since ${createdAt}  ${subjects} data keys${current ? '  current' : ''}`,
  );
  const gone = retired.map(({ epoch, retiredAt }) => `epoch ${epoch}  destroyed ${retiredAt}`);
  const waiting = ['A rotation is under way or was interrupted; "keys rotate" completes it.'];
  return ['The master key opens every key.', ...lines, ...gone, ...(rotating ? waiting : [])].join('\n');
};

const withVault = async <T>(
  places: KeyPlaces,
  work: (vault: Vault, keyStore: KeyStore) => Promise<T>,
): Promise<T> => {
  const keyStore = await openKeyStore(places.keysFolder);
  const vault = await openVault(vaultPlace(places));
  try {
    return await work(vault, keyStore);
  } finally {
    await vault.close();
  }
};
