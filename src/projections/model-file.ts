import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** A kind of read model. A change of its tables, or of what fills them, is a new version. */
export interface ModelKind {
  readonly name: string;
  readonly version: number;
  readonly schema: string;
  /** Made once all rows are there where a model is built anew: that is much faster than row by row. */
  readonly indexes?: readonly string[];
}

/** The file of a kind in the folder of one generation: `<name>-v<version>.db`. */
export const modelPath = (generation: string, kind: ModelKind): string =>
  join(generation, `${kind.name}-v${kind.version}.db`);

/** Rows come in no order of their keys, but what is not kept here is mostly kept by the system. */
const cacheKib = 8_192;

/** Rows that are copied before they are flushed: more at once would have the log wait, and with it every answer. */
const copiedTogether = 2_048;

const checkpointSchema = `
  CREATE TABLE IF NOT EXISTS checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    log_index INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO checkpoint VALUES (1, 0);
`;

/**
 * A read model that is written: its rows and its checkpoint change in one transaction, so that each event counts
 * exactly once. Written by one thread and read by others (WAL). A crash of the machine may lose its last
 * transactions, rows and checkpoint alike; they are then projected again.
 */
export class ModelFile {
  readonly db: Database.Database;
  readonly #file: string;
  readonly #checkpoint: Database.Statement<[], number>;
  readonly #advance: Database.Statement<[number, number]>;

  /** `service`: read by others meanwhile. `building`: nobody else has it, and after a crash it is built anew. */
  constructor(file: string, kind: ModelKind, use: 'service' | 'building') {
    this.#file = file;
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives its -wal and -shm files the same mode.
    this.db = new Database(file);
    // SQLite in its defensive mode, which better-sqlite3 opens it in, keeps a journal whatever it is told.
    if (use === 'building') this.db.unsafeMode();
    this.db.pragma(use === 'service' ? 'journal_mode = WAL' : 'journal_mode = OFF');
    this.db.pragma(use === 'service' ? 'synchronous = NORMAL' : 'synchronous = OFF');
    this.db.pragma(`cache_size = -${cacheKib}`);
    const indexes = use === 'service' ? (kind.indexes ?? []) : [];
    this.db.exec(`BEGIN; ${checkpointSchema} ${kind.schema} ${indexes.join(';')}; COMMIT;`);
    this.#checkpoint = this.db.prepare<[], number>('SELECT log_index FROM checkpoint').pluck();
    this.#advance = this.db.prepare('UPDATE checkpoint SET log_index = ? WHERE log_index = ?');
  }

  /** Log index of the last event that is counted; 0 where none is. */
  checkpoint(): number {
    return this.#checkpoint.get() ?? 0;
  }

  /** Runs `write` and moves the checkpoint, both or neither. Throws where another writer has moved it meanwhile. */
  commit(from: number, to: number, write: () => void): void {
    this.db.transaction(() => {
      write();
      if (this.#advance.run(to, from).changes !== 1) throw new Error('another writer moved the checkpoint');
    })();
  }

  /** Adds all rows of these tables of another file of this kind, which nobody writes. Outside of a transaction. */
  addAll(file: string, tables: readonly string[]): void {
    this.db.prepare('ATTACH ? AS part').run(file);
    for (const table of tables) {
      const last = this.db
        .prepare<[], number>(`SELECT coalesce(max(rowid), 0) FROM part.${table}`)
        .pluck()
        .get()!;
      const copy = this.db.prepare<[number, number]>(
        `INSERT INTO main.${table} SELECT * FROM part.${table} WHERE rowid > ? AND rowid <= ?`,
      );
      for (let after = 0; after < last; after += copiedTogether) {
        copy.run(after, after + copiedTogether);
        this.flush();
      }
    }
    this.db.exec('DETACH part');
  }

  /** Has what was written to the file so far written to the disk. Waits for it. */
  flush(): void {
    const descriptor = openSync(this.#file, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }

  close(): void {
    this.db.close();
  }
}
