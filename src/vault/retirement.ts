import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { instant } from '../../schemas/instant.ts';
import { KeysRefused } from './master-key.ts';
import { placePrivately, readPrivately } from './private-file.ts';

/** That the key of an epoch was destroyed, and when: from then on nothing opens what was wrapped under it alone. */
const retirement = z.strictObject({ epoch: z.int().min(1), retiredAt: instant });
export type Retirement = z.output<typeof retirement>;

const retiredName = /^retired-([1-9]\d*)\.json$/;
const retiredPath = (folder: string, epoch: number): string => join(folder, `retired-${epoch}.json`);

/**
 * Notes that an epoch's key was overwritten, whole or not at all. It takes the place of an earlier note: a keys folder
 * that was restored holds the key again, until it is destroyed again.
 */
export const noteRetirement = (folder: string, noted: Retirement): Promise<void> =>
  placePrivately(folder, `${JSON.stringify(noted)}\n`, (file) =>
    rename(file, retiredPath(folder, noted.epoch)),
  );

/** What is noted of an epoch; absent where nothing is. Rejects with KeysRefused where the note is not as it should be. */
export const readRetirement = async (folder: string, epoch: number): Promise<Retirement | undefined> => {
  const file = retiredPath(folder, epoch);
  if (!existsSync(file)) return undefined;
  const noted = await readPrivately(file, retirement);
  if (noted.epoch === epoch) return noted;
  throw new KeysRefused(`${file} holds another epoch than its name says`);
};

/** The epochs of which it is noted, youngest first, up to `limit`. */
export const retiredEpochs = async (folder: string, limit: number): Promise<number[]> => {
  const names = await readdir(folder);
  const epochs = names.flatMap((name) => Number(retiredName.exec(name)?.[1] ?? []));
  return epochs.toSorted((one, other) => other - one).slice(0, limit);
};
