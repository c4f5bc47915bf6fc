import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** Writes `text` to a file for this user alone, on the disk, and has `place` link or rename it to where it belongs in `folder`. */
export const placePrivately = async (
  folder: string,
  text: string,
  place: (file: string) => Promise<void>,
): Promise<void> => {
  const beside = await mkdtemp(join(folder, '.new-'));
  try {
    const file = join(beside, 'new');
    await writePrivately(file, text);
    await place(file);
  } finally {
    await rm(beside, { recursive: true, force: true });
    await syncFolder(folder);
  }
};

/** Overwrites a file's bytes on the disk. */
export const overwrite = async (file: string): Promise<void> => {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  await handle.write(Buffer.alloc(size), 0, size, 0);
  await handle.sync();
};

/** Has what was made, renamed or removed in a folder be on the disk. */
export const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};
