import Database from 'better-sqlite3';

/**
 * Opens a connection that may write to the log, as every such connection must be: a commit is on the disk when it
 * returns, and never makes a checkpoint of the WAL by itself.
 */
export const openForWriting = (file: string): Database.Database => {
  const db = new Database(file, { fileMustExist: true });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 0');
  return db;
};

/**
 * As `openForWriting`, for a replica: a loss of power may take its last transactions, whole and in order, and they
 * come again from the store.
 */
export const openReplicaForWriting = (file: string): Database.Database => {
  const db = openForWriting(file);
  db.pragma('synchronous = NORMAL');
  return db;
};

/**
 * Integer stream ids keep the one random index, (stream, revision), small. There is none on the event id: it would
 * halve the throughput, and a retry can be recognised within its stream. That of the erasures holds nothing else, so
 * that every commit can be asked whether it held one.
 */
export const createTables = (db: Database.Database): void => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS streams (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE IF NOT EXISTS events (
      position INTEGER PRIMARY KEY,
      stream INTEGER NOT NULL REFERENCES streams (id),
      revision INTEGER NOT NULL,
      recorded_at INTEGER NOT NULL,
      id TEXT NOT NULL,
      type TEXT NOT NULL,
      metadata TEXT NOT NULL,
      data BLOB NOT NULL,
      UNIQUE (stream, revision)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS erasures ON events (position) WHERE type = 'PatientErased';
  `);
};

/** What a replica adds: how far it has followed the store, and by which event that store is known again. */
export const createReplicaTable = (db: Database.Database): void => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS replica (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      reached_commit INTEGER NOT NULL,
      reached_prepare INTEGER NOT NULL,
      event_commit INTEGER NOT NULL,
      event_prepare INTEGER NOT NULL,
      event_id TEXT NOT NULL
    ) STRICT;
  `);
};

/** Whether the log is a replica of a remote store, and not itself the truth. */
export const followsAStore = (db: Database.Database): boolean =>
  db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'replica'`).get() !== undefined;
