import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Keyring, openKeyring } from '../../src/vault/keyring.ts';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault } from '../../src/vault/port.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';

/** A folder for one test, removed afterwards. */
export const withFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** When the keys of these tests are made. */
export const someDay = Date.UTC(2026, 2, 1);

export interface VaultKit {
  readonly keys: string;
  /** Of the vault. */
  readonly file: string;
  readonly vault: Vault;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
}

/** Real keys and a real vault in a data folder, laid out as the service lays them out. */
export const openVaultKit = async (folder: string): Promise<VaultKit> => {
  const keys = join(folder, 'keys');
  await initKeys(keys, someDay);
  const keyStore = await openKeyStore(keys);
  const file = join(folder, 'vault', 'vault.db');
  const vault = openSqliteVault({ file });
  return { keys, file, vault, keyStore, keyring: openKeyring({ vault, keyStore, uuid: randomUUID }) };
};
