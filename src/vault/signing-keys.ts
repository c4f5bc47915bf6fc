import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { instant, type Millis } from '../../schemas/instant.ts';
import { masterKeyPath } from './key-file.ts';
import { keyLength, type MasterKey, openMasterKeyFile, requirePrivate } from './master-key.ts';
import { readPrivately, replacePrivately } from './private-file.ts';

/** An Ed25519 key of the ledger's own, with which it signs checkpoints and receipts. */
export interface SigningKey {
  readonly createdAt: string;
  readonly publicKey: KeyObject;
  /** Absent in a key that was retired: it is destroyed, and what it signed still verifies. */
  readonly privateKey?: KeyObject;
}

/** What `keys/signing.json` holds. Oldest first. Seeds are wrapped by the master key, worth nothing without it. */
const signingFile = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(z.strictObject({ createdAt: instant, publicKey: z.base64(), wrapped: z.base64().optional() }))
    .min(1),
});
type Entry = z.infer<typeof signingFile>['keys'][number];

/** Keys that sign side by side, so that who trusts the older one has time to learn of the newer. */
const overlapping = 2;

/** RFC 8410: what stands before the 32 bytes of a seed (PKCS #8) and of a public key (SPKI). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');

const signingPath = (folder: string) => join(folder, 'signing.json');
const contextOf = (publicKey: string) => `signing key ${publicKey}`;

/**
 * Opens the signing keys in a keys folder, oldest first; makes the first one where there is none. Rejects with
 * KeysRefused, in a sentence for the operator.
 */
export const openSigningKeys = async (
  folder: string,
  now: Millis,
  masterKey?: MasterKey,
): Promise<SigningKey[]> => {
  const master = masterKey ?? (await openMasterKeyFile(masterKeyPath(folder)));
  if (!existsSync(signingPath(folder))) await write(folder, [await newEntry(master, now)]);
  const entries = await read(folder);
  return Promise.all(entries.map((entry) => open(entry, master)));
};

/**
 * Adds a new key. It signs beside the one that was newest before; older ones are retired and their private halves
 * destroyed. A service that runs signs with the keys that it opened until it is started again.
 */
export const rotateSigningKeys = async (
  folder: string,
  now: Millis,
  masterKey?: MasterKey,
): Promise<SigningKey[]> => {
  const master = masterKey ?? (await openMasterKeyFile(masterKeyPath(folder)));
  const before = existsSync(signingPath(folder)) ? await read(folder) : [];
  const all = [...before, await newEntry(master, now)];
  const retired = ({ wrapped: _, ...entry }: Entry): Entry => entry;
  await write(
    folder,
    all.map((entry, at) => (at < all.length - overlapping ? retired(entry) : entry)),
  );
  return openSigningKeys(folder, now, master);
};

const privateKeyOf = (seed: Buffer) =>
  createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });

const publicBytes = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(spki.length);

const newEntry = async (master: MasterKey, now: Millis): Promise<Entry> => {
  const seed = randomBytes(keyLength);
  const publicKey = publicBytes(createPublicKey(privateKeyOf(seed))).toString('base64');
  const wrapped = (await master.wrap(seed, contextOf(publicKey))).toString('base64');
  return { createdAt: new Date(now).toISOString(), publicKey, wrapped };
};

const open = async ({ createdAt, publicKey, wrapped }: Entry, master: MasterKey): Promise<SigningKey> => {
  const der = Buffer.concat([spki, Buffer.from(publicKey, 'base64')]);
  const opened = { createdAt, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
  if (wrapped === undefined) return opened;
  const seed = await master.unwrap(Buffer.from(wrapped, 'base64'), contextOf(publicKey));
  return { ...opened, privateKey: privateKeyOf(seed) };
};

const read = async (folder: string): Promise<Entry[]> => {
  await requirePrivate(folder, 'folder');
  return (await readPrivately(signingPath(folder), signingFile)).keys;
};

const write = (folder: string, keys: readonly Entry[]) =>
  replacePrivately(signingPath(folder), `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);
