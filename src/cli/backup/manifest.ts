import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { instant } from '../../../schemas/instant.ts';

export const backupKinds = ['log', 'vault'] as const;
export type BackupKind = (typeof backupKinds)[number];

/** Each kind is one file, by this name in the backup. */
export const backupFile: Readonly<Record<BackupKind, string>> = { log: 'log.db', vault: 'vault.db' };

const backupManifest = z.strictObject({
  version: z.literal(1),
  kind: z.enum(backupKinds),
  /** When the copy was begun: it holds all that was written before. */
  begunAt: instant,
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BackupManifest = z.infer<typeof backupManifest>;

const manifestPath = (folder: string): string => join(folder, 'manifest.json');

/** The manifest of a backup of this kind. Rejects, in a sentence for the operator, where the folder holds none. */
export const readManifest = async (folder: string, kind: BackupKind): Promise<BackupManifest> => {
  let manifest: BackupManifest;
  try {
    manifest = backupManifest.parse(JSON.parse(await readFile(manifestPath(folder), 'utf8')));
  } catch {
    throw new Error(`${folder} holds no whole backup: its manifest.json is missing or damaged.`);
  }
  if (manifest.kind !== kind)
    throw new Error(`${folder} is a backup of the ${manifest.kind}, not of the ${kind}.`);
  const { size } = await stat(join(folder, backupFile[kind]));
  if (size !== manifest.bytes)
    throw new Error(`${folder} is damaged: ${backupFile[kind]} has not its length.`);
  return manifest;
};
