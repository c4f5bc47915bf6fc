import type { Millis } from '../../schemas/instant.ts';
import { claimFolder } from '../store/folder.ts';
import { initKeys } from '../vault/keystore.ts';
import type { Vault } from '../vault/port.ts';
import { keysStatus, rotateEpoch } from '../vault/rotation.ts';
import { openSqliteVault, vaultFile } from '../vault/sqlite.ts';

/** Where a ledger's vault and keys are: absolute paths, as the configuration gives them. */
export interface KeyPlaces {
  readonly dataFolder: string;
  readonly keysFolder: string;
}

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
 */
export const rotateKeysCommand = async (
  { dataFolder, keysFolder }: KeyPlaces,
  now: Millis,
  onProgress: (done: number, total: number) => void,
): Promise<string> => {
  const claim = claimFolder(dataFolder);
  try {
    const { epoch, resumed, rewrapped } = await withVault(dataFolder, (vault) =>
      rotateEpoch(keysFolder, vault, now, onProgress),
    );
    const how = resumed ? 'The interrupted rotation is complete' : 'The rotation is complete';
    return `${how}: ${rewrapped} data keys were wrapped anew, all now under epoch ${epoch}.`;
  } finally {
    claim.release();
  }
};

/** `consent-ledger keys status`: the epochs and what hangs on each. May be asked while a server runs. */
export const keysStatusCommand = async ({ dataFolder, keysFolder }: KeyPlaces): Promise<string> => {
  const { epochs, rotating } = await withVault(dataFolder, (vault) => keysStatus(keysFolder, vault));
  const lines = epochs.map(
    ({ epoch, createdAt, current, subjects }) =>
      `epoch ${epoch}  since ${createdAt}  ${subjects} data keys${current ? '  current' : ''}`,
  );
  const waiting = ['A rotation was interrupted; "keys rotate" completes it.'];
  return ['The master key opens every key.', ...lines, ...(rotating ? waiting : [])].join('\n');
};

const withVault = async <T>(dataFolder: string, work: (vault: Vault) => Promise<T>): Promise<T> => {
  const vault = openSqliteVault({ file: vaultFile(dataFolder) });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
};
