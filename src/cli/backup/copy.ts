import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, open, stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import type { Progress } from '../progress.ts';

const pagesAtOnce = 1_000;

/**
 * Copies an SQLite database that may be written meanwhile, by other processes too: the state of one moment, whole, in
 * one file of this user's alone, on the disk when this returns. Rejects where it is aborted.
 *
 * Hazard: while it lasts its snapshot keeps the source's write-ahead log from being emptied.
 */
export const copyDatabase = async (
  file: string,
  to: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const source = new Database(file, { readonly: true, fileMustExist: true });
  try {
    // A read transaction of its own: without it each write of another process begins the copy anew.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        if (totalPages > 0) progress.show(1 - remainingPages / totalPages);
        return pagesAtOnce;
      },
    });
  } finally {
    source.close();
  }
  await chmod(to, 0o600);
  const copy = new Database(to);
  copy.pragma('journal_mode = DELETE');
  copy.close();
  await syncFile(to);
};

/** Has a file's bytes be on the disk. */
export const syncFile = async (file: string): Promise<void> => {
  await using handle = await open(file, 'r+');
  await handle.sync();
};

/** Size and SHA-256 (lower-case hex) of a file, read in pieces. Rejects where it is aborted. */
export const digestFile = async (
  file: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: string }> => {
  const { size } = await stat(file);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(file, { signal, highWaterMark: 1024 * 1024 })) {
    hash.update(piece);
    bytes += piece.length;
    progress.show(size === 0 ? 1 : bytes / size);
  }
  return { bytes, sha256: hash.digest('hex') };
};

/** What SQLite finds wrong with a database file; undefined where all is well. */
export const damageOf = (file: string): string | undefined => {
  const database = new Database(file, { readonly: true });
  try {
    const [found] = database.pragma('integrity_check(1)') as [{ integrity_check: string }];
    return found.integrity_check === 'ok' ? undefined : found.integrity_check;
  } finally {
    database.close();
  }
};
