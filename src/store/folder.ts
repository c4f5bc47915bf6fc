import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** The data folder cannot be used; the message names it and says what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Makes the folder (0700) where it is missing, and refuses one that others may enter.
 *
 * @throws DataFolderError
 */
export const ensurePrivateFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mode = statSync(folder).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new DataFolderError(
      `The data folder ${folder} is open to others (mode ${mode.toString(8).padStart(4, '0')}). Make it private: chmod 700 ${folder}`,
    );
  }
};

/**
 * Makes an empty file (0600) where there is none. SQLite gives its -wal and -shm files the same mode.
 *
 * An existing file is not opened: closing any descriptor of a file drops all POSIX locks this process holds on it,
 * SQLite's among them (sqlite.org/howtocorrupt.html, section 2.2).
 */
export const ensurePrivateFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};

/** The file by which a folder is claimed. */
export const claimName = 'lock.db';

/** Connections that hold a claim: a lock must not end because its connection was garbage-collected. */
const claims = new Set<Database.Database>();

/**
 * Claims the folder for this process until `release` or the end of the process, however it ends: the claim is a file
 * lock that the operating system drops.
 *
 * @throws DataFolderError where another process, or another store in this one, holds it
 */
export const claimFolder = (folder: string): { release(): void } => {
  ensurePrivateFolder(folder);
  const file = join(folder, claimName);
  ensurePrivateFile(file);
  const lock = new Database(file, { timeout: 0 });
  try {
    // No journal beside it: the transaction never ends, and a full disk must not stop a start.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
    throw new DataFolderError(
      `The data folder ${folder} is in use by another process. Stop that one first, or choose another folder.`,
    );
  }
  claims.add(lock);
  return {
    release: () => {
      claims.delete(lock);
      lock.close();
    },
  };
};
