import { constants, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Config } from '../config.ts';
import { claimFolder, claimName } from '../store/folder.ts';
import { logFile } from '../store/sqlite.ts';
import { syncFolder } from '../vault/private-file.ts';
import { vaultFile } from '../vault/sqlite.ts';
import { damageOf, digestFile, syncFile } from './backup/copy.ts';
import { type BackupKind, type BackupManifest, backupFile, readManifest } from './backup/manifest.ts';
import { type Progress, under } from './progress.ts';

/** Folders that `backup` made; absent: what is in a server, and restored there. */
export interface Backups {
  readonly log?: string;
  readonly vault?: string;
}

type Places = Pick<Config, 'dataFolder' | 'keysFolder' | 'store' | 'vault'>;

/**
 * `consent-ledger restore`: places backups of the embedded log and vault into an empty data folder, each held to its
 * checksum and to SQLite's own check. Then `verify` opens the ledger, which refuses a vault older than the keys and
 * destroys erased patients again. What was placed is removed where anything of it is refused. No other process can
 * take the folder while it is filled or emptied; whoever takes it between keeps it as it is.
 */
export const restore = async (
  backups: Backups,
  places: Places,
  verify: () => Promise<{ readonly destroyedAgain: number }>,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<string> => {
  const wanted = wantedOf(backups, places);
  const { dataFolder } = places;
  const manifests = await onClaimed(dataFolder, async () => {
    if (ownIn(places).length > 0) throw new Error(`${dataFolder} is not empty; nothing is overwritten.`);
    return placeAll(wanted, places, progressOf, signal);
  });
  const { destroyedAgain } = await verify().catch(async (error) => {
    await onClaimed(dataFolder, () => empty(places));
    throw error;
  });
  const [log, vault] = [manifests.get('log')?.begunAt, manifests.get('vault')?.begunAt];
  return [
    ...[...manifests].map(([kind, { begunAt }]) => `The ${kind} is as it was at ${begunAt}.`),
    ...(log !== undefined && vault !== undefined && vault < log
      ? ['The vault is older than the log: who was admitted in between can never be read.']
      : []),
    `${destroyedAgain} erased patients were destroyed in it again.`,
    'Run "fsck", which opens every envelope, before you serve it.',
  ].join('\n');
};

const wantedOf = (backups: Backups, { store, vault }: Places): [BackupKind, string][] => {
  const embedded = { log: store === 'sqlite', vault: vault === 'sqlite' };
  const wanted: [BackupKind, string][] = [];
  for (const kind of ['log', 'vault'] as const) {
    const folder = backups[kind];
    if (embedded[kind] && folder === undefined)
      throw new Error(`The ${kind} is in the data folder: name its backup with --${kind}.`);
    if (!embedded[kind] && folder !== undefined)
      throw new Error(
        `The ${kind} is in a server: restore it there (docs/operations.md), without --${kind}.`,
      );
    if (folder !== undefined) wanted.push([kind, folder]);
  }
  return wanted;
};

/** Works on the data folder while no other process can. Rejects with DataFolderError where one has it. */
const onClaimed = async <T>(dataFolder: string, work: () => Promise<T>): Promise<T> => {
  const claim = claimFolder(dataFolder);
  try {
    return await work();
  } finally {
    claim.release();
  }
};

/** What is in the data folder; the keys may lie there already, and are not meant, nor is the claim on the folder. */
const ownIn = ({ dataFolder, keysFolder }: Places): string[] => {
  const [keys] = relative(dataFolder, keysFolder).split(sep);
  return readdirSync(dataFolder).filter((name) => name !== keys && name !== claimName);
};

const empty = async (places: Places): Promise<void> => {
  for (const name of [...ownIn(places), claimName])
    await rm(join(places.dataFolder, name), { recursive: true });
};

const placeAll = async (
  wanted: readonly [BackupKind, string][],
  places: Places,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<ReadonlyMap<BackupKind, BackupManifest>> => {
  const manifests = new Map<BackupKind, BackupManifest>();
  try {
    for (const [kind, folder] of wanted) manifests.set(kind, await readManifest(folder, kind));
    for (const [kind, folder] of wanted)
      await place(kind, folder, manifests.get(kind)!, places, progressOf, signal);
  } catch (error) {
    await empty(places);
    throw signal.aborted ? new Error('Stopped; nothing was kept.') : error;
  }
  return manifests;
};

const place = async (
  kind: BackupKind,
  folder: string,
  manifest: BackupManifest,
  { dataFolder }: Places,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<void> => {
  const to = kind === 'log' ? logFile(dataFolder) : vaultFile(dataFolder);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(join(folder, backupFile[kind]), to, constants.COPYFILE_EXCL);
  await chmod(to, 0o600);
  await syncFile(to);
  await syncFolder(dirname(to));
  const { sha256 } = await under(progressOf(`Checking the ${kind}`), (progress) =>
    digestFile(to, progress, signal),
  );
  if (sha256 !== manifest.sha256) throw new Error(`${folder} is damaged: it has not its checksum.`);
  const damage = damageOf(to);
  if (damage !== undefined) throw new Error(`${folder} is damaged: ${damage}`);
};
