import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { instant } from '../../schemas/instant.ts';
import { KeysRefused, requirePrivate } from './master-key.ts';

const wrapped = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

/** What `keys/keys.json` holds: keys wrapped by the master key, worth nothing without it. */
const keyFile = z.strictObject({
  version: z.literal(1),
  /** From which the ledger's own keys are derived: the hash of identifiers, request ids, cursors. */
  ledgerKey: wrapped,
  /** Oldest first; the last is current, and wraps the data keys of new subjects. */
  epochs: z.array(z.strictObject({ epoch: z.int().min(1), createdAt: instant, wrapped })).min(1),
});
export type KeyFile = z.infer<typeof keyFile>;

export const masterKeyPath = (folder: string): string => join(folder, 'master.key');
const keyFilePath = (folder: string): string => join(folder, 'keys.json');

/** Reads the key file; rejects with KeysRefused where the folder or the file is not private or not whole. */
export const readKeyFile = async (folder: string): Promise<KeyFile> => {
  const file = keyFilePath(folder);
  await requirePrivate(folder, 'folder');
  await requirePrivate(file, 'file');
  try {
    return keyFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new KeysRefused(`${file} is damaged; restore it from its backup`);
  }
};

/** Puts `keys` in the key file's place, whole or not at all. */
export const replaceKeyFile = (folder: string, keys: KeyFile): Promise<void> =>
  replacePrivately(keyFilePath(folder), textOf(keys));

/** Puts `text` in a file's place, or makes the file: for this user alone, on the disk, whole or not at all. */
export const replacePrivately = async (file: string, text: string): Promise<void> => {
  const beside = `${file}.new`;
  await rm(beside, { force: true });
  await writePrivately(beside, text);
  await rename(beside, file);
  await syncFolder(dirname(file));
};

/** Makes the folder with a master key and a key file, whole or not at all; refuses where there is one already. */
export const createKeyFolder = async (folder: string, masterKey: Buffer, keys: KeyFile): Promise<void> => {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(join(parent, `.${basename(folder)}-`));
  try {
    await writePrivately(masterKeyPath(beside), `${masterKey.toString('base64')}\n`);
    await writePrivately(keyFilePath(beside), textOf(keys));
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

const textOf = (keys: KeyFile): string =>
  `${JSON.stringify(
    {
      version: keys.version,
      ledgerKey: keys.ledgerKey.toString('base64'),
      epochs: keys.epochs.map((entry) => ({ ...entry, wrapped: entry.wrapped.toString('base64') })),
    },
    undefined,
    2,
  )}\n`;

const writePrivately = async (file: string, text: string): Promise<void> => {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
};

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};
