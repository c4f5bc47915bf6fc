import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Millis } from '../../schemas/instant.ts';
import { invalidate } from '../../src/consent/decide.ts';
import type { LedgerProjections } from '../../src/projections/projections.ts';
import { openProjections } from '../../src/projections/projections.ts';
import { type Decide, openRecords, type Records } from '../../src/record/records.ts';
import { logFile, openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { type Keyring, openKeyring, type SubjectKey } from '../../src/vault/keyring.ts';
import { initKeys, openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault } from '../../src/vault/port.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';
import { agent, consent, good, granting, tenant } from '../record/kit.ts';
import { someDay } from '../vault/kit.ts';

/** The parts of a ledger that read models rest on, all of them real, in one data folder. */
export interface LedgerKit {
  readonly folder: string;
  readonly store: SqliteStore;
  readonly vault: Vault;
  readonly keyring: Keyring;
  readonly records: Records;
  readonly projections: LedgerProjections;
  patient(value: string): Promise<SubjectKey>;
  execute(key: SubjectKey, decide: Decide): Promise<void>;
  grant(value: string, changes?: Partial<ConsentGranted>): Promise<SubjectKey>;
  close(): Promise<void>;
}

export interface KitOptions {
  readonly clock?: () => Millis;
  /** Entry module of the threads. */
  readonly entry?: URL;
  /** See `RecordsOptions.cacheSize`. */
  readonly cacheSize?: number;
}

export const serviceThread = new URL('../../src/projections-thread.ts', import.meta.url);

/** Opens the ledger of a folder; a second time, after `close`, it is the same ledger. */
export const openLedgerKit = async (folder: string, options: KitOptions = {}): Promise<LedgerKit> => {
  const { clock = Date.now, entry = serviceThread, cacheSize } = options;
  const keysFolder = join(folder, 'keys');
  if (!existsSync(keysFolder)) await initKeys(keysFolder, someDay);
  const keyStore = await openKeyStore(keysFolder);
  const vaultPlace = { kind: 'sqlite', file: join(folder, 'vault', 'vault.db') } as const;
  const vault = openSqliteVault(vaultPlace);
  const keyring = openKeyring({ vault, keyStore, uuid: randomUUID });
  const store = await openSqliteStore({ folder, clock });
  const places = { logFile: logFile(folder), vault: vaultPlace, keysFolder };
  const models = join(folder, 'models');
  const projections = await openProjections({ folder: models, log: store, thread: { entry, places } });
  const { rows } = projections;
  const records = openRecords({
    ...{ store, log: store, rows, uuid: randomUUID },
    ...(cacheSize !== undefined && { cacheSize }),
  });
  const patient = (value: string) => keyring.admit(tenant, { system: 'urn:oid:1.2.3', value });
  const execute = async (key: SubjectKey, decide: Decide): Promise<void> => {
    good(await records.execute(tenant, key, decide, {}));
  };
  return {
    folder,
    store,
    vault,
    keyring,
    records,
    projections,
    patient,
    execute,
    grant: async (value, changes) => {
      const key = await patient(value);
      await execute(key, granting(consent(changes)));
      return key;
    },
    close: async () => {
      await projections.close();
      await store.close();
      await vault.close();
    },
  };
};

/** Opens a ledger for one test, and closes it. */
export const withLedger = async (
  folder: string,
  run: (kit: LedgerKit) => Promise<void>,
  options?: KitOptions,
): Promise<void> => {
  const kit = await openLedgerKit(folder, options);
  try {
    await run(kit);
  } finally {
    await kit.close();
  }
};

/** A command that declares a consent to have been entered in error. */
export const invalidating =
  (consentId: string): Decide =>
  (record) =>
    invalidate(record, { consentId, reason: 'entered in error', agent });
