import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Millis } from '../../schemas/instant.ts';
import type { Config } from '../config.ts';
import { logFile } from '../store/sqlite.ts';
import { syncFolder, writePrivately } from '../vault/private-file.ts';
import { vaultFile } from '../vault/sqlite.ts';
import { copyDatabase, digestFile } from './backup/copy.ts';
import { type BackupKind, type BackupManifest, backupFile } from './backup/manifest.ts';
import { type Progress, under } from './progress.ts';

/**
 * `consent-ledger backup log|vault <folder>`: copies the embedded log or vault into a new folder, whole or not at all,
 * whether or not a service runs. Rejects, in a sentence for the operator, where the folder is there, or where
 * the events or the vault are in a server, which is backed up by its own means.
 */
export const backup = async (
  kind: BackupKind,
  to: string,
  config: Pick<Config, 'dataFolder' | 'store' | 'vault'>,
  now: Millis,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<string> => {
  const source = sourceOf(kind, config);
  const target = resolve(to);
  if (existsSync(target)) throw new Error(`${target} is there already; a backup is never overwritten.`);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const file = join(beside, backupFile[kind]);
    const begunAt = new Date(now).toISOString();
    await under(progressOf('Copying'), (progress) => copyDatabase(source, file, progress, signal));
    const digest = await under(progressOf('Checksum'), (progress) => digestFile(file, progress, signal));
    const manifest: BackupManifest = { version: 1, kind, begunAt, ...digest };
    await writePrivately(join(beside, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await syncFolder(beside);
    await rename(beside, target);
    await syncFolder(dirname(target));
    return `The ${kind} as of ${begunAt}: ${digest.bytes} bytes in ${target}, SHA-256 ${digest.sha256}.`;
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw signal.aborted ? new Error('Stopped; nothing was kept.') : error;
  }
};

const sourceOf = (
  kind: BackupKind,
  { dataFolder, store, vault }: Pick<Config, 'dataFolder' | 'store' | 'vault'>,
) => {
  if (kind === 'log' && store !== 'sqlite')
    throw new Error('The events are in EventStoreDB: back that up by its own means (docs/operations.md).');
  if (kind === 'vault' && vault !== 'sqlite')
    throw new Error('The vault is in PostgreSQL: back that up with pg_dump (docs/operations.md).');
  const file = kind === 'log' ? logFile(dataFolder) : vaultFile(dataFolder);
  if (!existsSync(file)) throw new Error(`${file} is not there: nothing was recorded yet.`);
  return file;
};
