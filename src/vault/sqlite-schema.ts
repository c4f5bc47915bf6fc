import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { ensurePrivateFile, ensurePrivateFolder } from '../store/folder.ts';

/** Of each connection: the inner pages of millions of entries, to which the way leads at random. */
const cacheKib = 4_096;

/** Entries of the vault, and which keyed hash of an identifier leads to which. Deleted bytes are overwritten. */
export const openVaultFile = (file: string): Database.Database => {
  ensurePrivateFolder(dirname(file));
  ensurePrivateFile(file);
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = ON');
  database.pragma('foreign_keys = ON');
  database.pragma(`cache_size = -${cacheKib}`);
  database.exec(`
    CREATE TABLE IF NOT EXISTS subject (
      subject TEXT PRIMARY KEY, epoch INTEGER NOT NULL, wrapped BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS identifier (
      hash BLOB PRIMARY KEY, subject TEXT NOT NULL REFERENCES subject
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS identifier_subject ON identifier (subject);
    CREATE TABLE IF NOT EXISTS suppressed (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS fence (
      one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, key_check BLOB NOT NULL
    ) STRICT;
  `);
  return database;
};
