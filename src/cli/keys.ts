import type { Millis } from '../../schemas/instant.ts';
import type { Config } from '../config.ts';
import { openVault, vaultPlace } from '../ledger-vault.ts';
import { claimFolder } from '../store/folder.ts';
import { initKeys } from '../vault/keystore.ts';
import type { Vault } from '../vault/port.ts';
import { keysStatus, rotateEpoch } from '../vault/rotation.ts';

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
 * `consent-ledger keys rotate`: a new epoch, under which every data key is wrapped anew; goes on where an earlier
 * run was interrupted. Rejects with DataFolderError while a server runs on the folder.
 *
 * Hazard: it cannot see nodes on other machines; all of them must be stopped.
 */
export const rotateKeysCommand = async (
  places: KeyPlaces,
  now: Millis,
  onProgress: (done: number, total: number) => void,
): Promise<string> => {
  const claim = claimFolder(places.dataFolder);
  try {
    const { epoch, resumed, rewrapped } = await withVault(places, (vault) =>
      rotateEpoch(places.keysFolder, vault, now, onProgress),
    );
    const how = resumed ? 'The interrupted rotation is complete' : 'The rotation is complete';
    return `${how}: ${rewrapped} data keys were wrapped anew, all now under epoch ${epoch}.`;
  } finally {
    claim.release();
  }
};

/** `consent-ledger keys status`: the epochs and what hangs on each. May be asked while a server runs. */
export const keysStatusCommand = async (places: KeyPlaces): Promise<string> => {
  const { epochs, rotating } = await withVault(places, (vault) => keysStatus(places.keysFolder, vault));
  const lines = epochs.map(
    ({ epoch, createdAt, current, subjects }) =>
      `epoch ${epoch}  since ${createdAt}  ${subjects} data keys${current ? '  current' : ''}`,
  );
  const waiting = ['A rotation was interrupted; "keys rotate" completes it.'];
  return ['The master key opens every key.', ...lines, ...(rotating ? waiting : [])].join('\n');
};

const withVault = async <T>(places: KeyPlaces, work: (vault: Vault) => Promise<T>): Promise<T> => {
  const vault = await openVault(vaultPlace(places));
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
};
