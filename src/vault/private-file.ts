import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { KeysRefused, requirePrivate } from './master-key.ts';

/** Reads a JSON file of this user's alone. Rejects with KeysRefused where it is not private or not as it should be. */
export const readPrivately = async <Shape extends z.ZodType>(
  file: string,
  shape: Shape,
): Promise<z.output<Shape>> => {
  await requirePrivate(file, 'file');
  try {
    return shape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new KeysRefused(`${file} is damaged; restore it from its backup`);
  }
};

/** Makes a file for this user alone, on the disk when this returns. Rejects where it is there. */
export const writePrivately = async (file: string, text: string): Promise<void> => {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
};

/** Puts `text` in a file's place, or makes the file: for this user alone, on the disk, whole or not at all. */
export const replacePrivately = async (file: string, text: string): Promise<void> => {
  const beside = `${file}.new`;
  await rm(beside, { force: true });
  await writePrivately(beside, text);
  await rename(beside, file);
  await syncFolder(dirname(file));
};

/** Overwrites a file's bytes on the disk, and then removes it. */
export const wipe = async (file: string): Promise<void> => {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  await handle.write(Buffer.alloc(size), 0, size, 0);
  await handle.sync();
  await rm(file);
  await syncFolder(dirname(file));
};

/** Has what was made, renamed or removed in a folder be on the disk. */
export const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};
