import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Identifier } from '../../schemas/coding.ts';
import type { Millis } from '../../schemas/instant.ts';
import { EpochKeys, newEpoch } from './epoch-keys.ts';
import { createKeyFolder, masterKeyPath, readLedgerKey } from './key-file.ts';
import {
  KeysRefused,
  keyLength,
  type MasterKey,
  masterKeyOf,
  openMasterKeyFile,
  unwrapKey,
  wrapKey,
} from './master-key.ts';
import type { VaultEntry } from './port.ts';

/** The keys of this ledger, opened: epoch keys, which wrap each subject's data key, and the ledger's own. */
export interface KeyStore {
  readonly epochs: EpochKeys;
  /** A new random data key for a subject, wrapped under the current epoch. */
  newEntry(subject: string): VaultEntry;
  /** A subject's data key. Throws EpochUnknown where the epoch is not here, KeysRefused where it does not open. */
  dataKey(entry: VaultEntry): KeyObject;
  /** The same data key wrapped under the current epoch. */
  rewrap(entry: VaultEntry): VaultEntry;
  /** The keyed hash by which the vault knows a patient: without the key nobody can try out identifiers. */
  identifierHash(tenant: string, identifier: Identifier): Buffer;
  /** A key of the ledger's own for one purpose, derived by HKDF-SHA256 (RFC 5869); always the same. */
  ledgerKey(purpose: string): KeyObject;
}

/** The context under which the master key wraps the ledger's own key. */
const ledgerContext = 'ledger key';

/** Makes `folder` with a new master key, a ledger key and the first epoch; rejects with KeysRefused if it is there. */
export const initKeys = async (folder: string, now: Millis): Promise<void> => {
  const masterKey = randomBytes(keyLength);
  const master = masterKeyOf(masterKey);
  const ledgerKey = await master.wrap(randomBytes(keyLength), ledgerContext);
  await createKeyFolder(folder, masterKey, ledgerKey, await newEpoch(master, 1, now));
};

/**
 * Opens the keys in `folder`. Rejects with KeysRefused, in a sentence for the operator, where something is missing,
 * damaged, open to others, or wrapped by another master key.
 */
export const openKeyStore = async (folder: string, masterKey?: MasterKey): Promise<KeyStore> => {
  const wrappedLedgerKey = await readLedgerKey(folder);
  const master = masterKey ?? (await openMasterKeyFile(masterKeyPath(folder)));
  const ledger = await master.unwrap(wrappedLedgerKey, ledgerContext);
  return keyStoreOf(ledger, await EpochKeys.open(folder, master));
};

const keyStoreOf = (ledger: Buffer, epochs: EpochKeys): KeyStore => {
  const wrap = (subject: string, key: Buffer): VaultEntry => {
    const epoch = epochs.current;
    return { subject, epoch, wrapped: wrapKey(epochs.key(epoch), key, dataContext(epoch, subject)) };
  };
  const unwrap = ({ subject, epoch, wrapped }: VaultEntry): Buffer => {
    const wrapping = epochs.key(epoch);
    try {
      return unwrapKey(wrapping, wrapped, dataContext(epoch, subject));
    } catch {
      throw new KeysRefused('a data key does not open under its epoch: the vault is damaged or another’s');
    }
  };
  const ledgerKey = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', ledger, '', purpose, keyLength)));
  const identifierKey = ledgerKey('identifier-hash');
  return {
    epochs,
    newEntry: (subject) => wrap(subject, randomBytes(keyLength)),
    dataKey: (entry) => createSecretKey(unwrap(entry)),
    rewrap: (entry) => wrap(entry.subject, unwrap(entry)),
    identifierHash: (tenant, { system, value }) =>
      createHmac('sha256', identifierKey)
        .update(JSON.stringify([tenant, system, value]))
        .digest(),
    ledgerKey,
  };
};

const dataContext = (epoch: number, subject: string): string => JSON.stringify(['data key', epoch, subject]);
