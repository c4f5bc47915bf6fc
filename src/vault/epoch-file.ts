import { existsSync } from 'node:fs';
import { link, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { instant, type Millis } from '../../schemas/instant.ts';
import { KeysRefused } from './master-key.ts';
import { overwrite, placePrivately, readPrivately, syncFolder } from './private-file.ts';
import { noteRetirement } from './retirement.ts';

/** Bytes in base64. */
export const wrappedKey = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

/** What an epoch's file holds: its key, wrapped by the master key and worth nothing without it. */
export const epochFile = z.strictObject({ epoch: z.int().min(1), createdAt: instant, wrapped: wrappedKey });
export type EpochFile = z.output<typeof epochFile>;

export const epochPath = (folder: string, epoch: number): string => join(folder, `epoch-${epoch}.json`);
const epochName = /^epoch-([1-9]\d*)\.json$/;
const destroyedName = /^epoch-([1-9]\d*)\.destroyed$/;
const destroyedPath = (folder: string, epoch: number): string => join(folder, `epoch-${epoch}.destroyed`);

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
export const createEpochFile = (folder: string, epoch: EpochFile): Promise<void> =>
  placePrivately(folder, epochText(epoch), (file) =>
    // Of all that make the same epoch at once one succeeds, on network file systems too.
    link(file, epochPath(folder, epoch.epoch)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    }),
  );

/** Takes an epoch's file away for good. Interrupted, it is no epoch any more; `wipeDestroyed` does the rest. */
export const destroyEpochFile = async (folder: string, epoch: number, clock: () => Millis): Promise<void> => {
  await isThere(rename(epochPath(folder, epoch), destroyedPath(folder, epoch)));
  await syncFolder(folder);
  await wipeDestroyed(folder, clock);
};

/** Whether what is left of the file of an epoch that was destroyed is not wiped yet. */
export const isBeingDestroyed = (folder: string, epoch: number): boolean =>
  existsSync(destroyedPath(folder, epoch));

/**
 * Overwrites the files of epochs that were destroyed, notes when, and removes them: in this order, so that interrupted
 * anywhere no key is noted as destroyed that is there, and none is destroyed of which that does not come to be noted.
 */
export const wipeDestroyed = async (folder: string, clock: () => Millis): Promise<void> => {
  for (const name of await readdir(folder)) {
    const epoch = Number(destroyedName.exec(name)?.[1]);
    const file = join(folder, name);
    if (Number.isNaN(epoch) || !(await isThere(overwrite(file)))) continue;
    await noteRetirement(folder, { epoch, retiredAt: new Date(clock()).toISOString() });
    await rm(file, { force: true });
    await syncFolder(folder);
  }
};

/** Whether the file was there; what another process has done already need not be done. */
const isThere = async (work: Promise<void>): Promise<boolean> => {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};
