import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import {
  createEpochFile,
  type EpochFile,
  epochFile,
  epochPath,
  epochText,
  wrappedKey,
} from './epoch-file.ts';
import { KeysRefused, requirePrivate } from './master-key.ts';
import { readPrivately, replacePrivately, syncFolder, writePrivately } from './private-file.ts';

/**
 * What `keys.json` holds: the key from which the ledger's own are derived (for the hash of identifiers, for ids of
 * requests), wrapped by the master key. Version 1 held the epochs too.
 */
const keyFile = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(1), ledgerKey: wrappedKey, epochs: z.array(epochFile).min(1) }),
  z.strictObject({ version: z.literal(2), ledgerKey: wrappedKey }),
]);

export const masterKeyPath = (folder: string): string => join(folder, 'master.key');
const keyFilePath = (folder: string): string => join(folder, 'keys.json');

const keyText = (ledgerKey: Buffer): string =>
  `${JSON.stringify({ version: 2, ledgerKey: ledgerKey.toString('base64') }, undefined, 2)}\n`;

/**
 * Reads the ledger's wrapped key; a file of version 1 is first brought to the files of today. Rejects with
 * KeysRefused where the folder or the file is not private or not whole.
 */
export const readLedgerKey = async (folder: string): Promise<Buffer> => {
  const file = keyFilePath(folder);
  await requirePrivate(folder, 'folder');
  const keys = await readPrivately(file, keyFile);
  if (keys.version === 1) {
    for (const epoch of keys.epochs) await createEpochFile(folder, epoch);
    await replacePrivately(file, keyText(keys.ledgerKey));
  }
  return keys.ledgerKey;
};

/** Makes the folder with the keys of a new ledger, whole or not at all; refuses where there is one already. */
export const createKeyFolder = async (
  folder: string,
  masterKey: Buffer,
  ledgerKey: Buffer,
  epoch: EpochFile,
): Promise<void> => {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(join(parent, `.${basename(folder)}-`));
  try {
    await writePrivately(masterKeyPath(beside), `${masterKey.toString('base64')}\n`);
    await writePrivately(keyFilePath(beside), keyText(ledgerKey));
    await writePrivately(epochPath(beside, epoch.epoch), epochText(epoch));
    await syncFolder(beside);
    await rename(beside, folder);
    await syncFolder(parent);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR')
      throw new KeysRefused(`${folder} is there already; keys are never overwritten`);
    throw error;
  }
};
