import { existsSync } from 'node:fs';
import { link, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { instant } from '../../schemas/instant.ts';
import { KeysRefused } from './master-key.ts';
import { readPrivately, syncFolder, wipe, writePrivately } from './private-file.ts';

/** Bytes in base64. */
export const wrappedKey = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

/** What an epoch's file holds: its key, wrapped by the master key and worth nothing without it. */
export const epochFile = z.strictObject({ epoch: z.int().min(1), createdAt: instant, wrapped: wrappedKey });
export type EpochFile = z.output<typeof epochFile>;

export const epochPath = (folder: string, epoch: number): string => join(folder, `epoch-${epoch}.json`);
const epochName = /^epoch-([1-9]\d*)\.json$/;
const destroyedName = /^epoch-[1-9]\d*\.destroyed$/;

export const epochText = ({ epoch, createdAt, wrapped }: EpochFile): string =>
  `${JSON.stringify({ epoch, createdAt, wrapped: wrapped.toString('base64') }, undefined, 2)}\n`;

/** The epochs in a keys folder, oldest first. Rejects with KeysRefused where a file is not private or not whole. */
export const readEpochFiles = async (folder: string): Promise<EpochFile[]> => {
  const names = (await readdir(folder)).filter((name) => epochName.test(name));
  const read = await Promise.all(names.map((name) => readEpochFile(join(folder, name), name)));
  const epochs = read.filter((epoch) => epoch !== undefined);
  if (epochs.length === 0) throw new KeysRefused(`${folder} holds no epoch key; restore it from its backup`);
  return epochs.toSorted((one, other) => one.epoch - other.epoch);
};

const readEpochFile = async (file: string, name: string): Promise<EpochFile | undefined> => {
  try {
    const read = await readPrivately(file, epochFile);
    if (read.epoch === Number(epochName.exec(name)?.[1])) return read;
    throw new KeysRefused(`${file} holds another epoch than its name says`);
  } catch (error) {
    // Another process may destroy it right now.
    if (!existsSync(file)) return undefined;
    throw error;
  }
};

/** Adds an epoch's file, whole or not at all; where there is one of that number it stays as it is. */
export const createEpochFile = async (folder: string, epoch: EpochFile): Promise<void> => {
  const beside = await mkdtemp(join(folder, '.epoch-'));
  try {
    await writePrivately(join(beside, 'new'), epochText(epoch));
    // Of all that make the same epoch at once one succeeds, on network file systems too.
    await link(join(beside, 'new'), epochPath(folder, epoch.epoch));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(beside, { recursive: true, force: true });
    await syncFolder(folder);
  }
};

/** Takes an epoch's file away for good. Interrupted, it is no epoch any more; `wipeDestroyed` does the rest. */
export const destroyEpochFile = async (folder: string, epoch: number): Promise<void> => {
  await rename(epochPath(folder, epoch), join(folder, `epoch-${epoch}.destroyed`)).catch(unlessGone);
  await syncFolder(folder);
  await wipeDestroyed(folder);
};

/** Overwrites and removes the files of epochs that were destroyed. */
export const wipeDestroyed = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder))
    if (destroyedName.test(name)) await wipe(join(folder, name)).catch(unlessGone);
};

/** What another process has done already need not be done. */
const unlessGone = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error;
};
