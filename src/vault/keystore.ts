import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Identifier } from '../../schemas/coding.ts';
import type { Millis } from '../../schemas/instant.ts';
import { createKeyFolder, type KeyFile, masterKeyPath, readKeyFile } from './key-file.ts';
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
  readonly currentEpoch: number;
  /** A new random data key for a subject, wrapped under the current epoch. */
  newEntry(subject: string): VaultEntry;
  /** A subject's data key. Throws KeysRefused where the epoch is gone or the wrapping is another subject's. */
  dataKey(entry: VaultEntry): KeyObject;
  /** The same data key wrapped under the current epoch. */
  rewrap(entry: VaultEntry): VaultEntry;
  /** The keyed hash by which the vault knows a patient: without the key nobody can try out identifiers. */
  identifierHash(tenant: string, identifier: Identifier): Buffer;
  /** A key of the ledger's own for one purpose, derived by HKDF-SHA256 (RFC 5869); always the same. */
  ledgerKey(purpose: string): KeyObject;
}

/** Contexts under which the master key wraps. */
export const ledgerContext = 'ledger key';
export const epochContext = (epoch: number): string => `epoch key ${epoch}`;

/** Makes `folder` with a new master key, a ledger key and the first epoch; rejects with KeysRefused if it is there. */
export const initKeys = async (folder: string, now: Millis): Promise<void> => {
  const masterKey = randomBytes(keyLength);
  const master = masterKeyOf(masterKey);
  await createKeyFolder(folder, masterKey, {
    version: 1,
    ledgerKey: await master.wrap(randomBytes(keyLength), ledgerContext),
    epochs: [await newEpoch(master, 1, now)],
  });
};

/** An epoch with a new random key. */
export const newEpoch = async (
  master: MasterKey,
  epoch: number,
  now: Millis,
): Promise<KeyFile['epochs'][number]> => ({
  epoch,
  createdAt: new Date(now).toISOString(),
  wrapped: await master.wrap(randomBytes(keyLength), epochContext(epoch)),
});

/**
 * Opens the keys in `folder`. Rejects with KeysRefused, in a sentence for the operator, where something is missing,
 * damaged, open to others, or wrapped by another master key.
 */
export const openKeyStore = async (folder: string, masterKey?: MasterKey): Promise<KeyStore> => {
  const file = await readKeyFile(folder);
  const master = masterKey ?? (await openMasterKeyFile(masterKeyPath(folder)));
  const ledger = await master.unwrap(file.ledgerKey, ledgerContext);
  const epochs = new Map<number, KeyObject>();
  for (const { epoch, wrapped } of file.epochs)
    epochs.set(epoch, createSecretKey(await master.unwrap(wrapped, epochContext(epoch))));
  return keyStoreOf(ledger, epochs, Math.max(...epochs.keys()));
};

const keyStoreOf = (
  ledger: Buffer,
  epochs: ReadonlyMap<number, KeyObject>,
  currentEpoch: number,
): KeyStore => {
  const epochKey = (epoch: number): KeyObject => {
    const key = epochs.get(epoch);
    if (key === undefined) throw new KeysRefused(`the key of epoch ${epoch} is not in the key store`);
    return key;
  };
  const wrap = (subject: string, key: Buffer): VaultEntry => {
    const wrapped = wrapKey(epochKey(currentEpoch), key, dataContext(currentEpoch, subject));
    return { subject, epoch: currentEpoch, wrapped };
  };
  const unwrap = ({ subject, epoch, wrapped }: VaultEntry): Buffer => {
    const wrapping = epochKey(epoch);
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
    currentEpoch,
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
