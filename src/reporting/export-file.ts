import type { KeyObject } from 'node:crypto';
import Database from 'better-sqlite3';
import type { ExportEnd } from '../../schemas/export/package.ts';
import { EnvelopeBroken } from '../record/envelope.ts';
import { ensurePrivateFile } from '../store/folder.ts';
import { release } from './release.ts';
import { openChunk, type Part, sealChunk } from './sealed-chunk.ts';

/** What an export is sealed with, and where it belongs. */
export interface ExportKey {
  readonly exportId: string;
  readonly key: KeyObject;
}

/** What the records that were written come to. */
export type Totals = Omit<ExportEnd, 'record' | 'note'>;

/**
 * How far the work on an export has come: what is before its stage is in the file for good.
 * `cohort`: it is only known whom it asks about. `answers`, `patients`: `next` is the log index after which, or the
 * patient with whom, it goes on. `document`: the package is whole. `signed`: so is the document.
 */
export interface ExportState {
  readonly stage: 'cohort' | 'answers' | 'patients' | 'document' | 'signed';
  readonly next: number;
  /** The checkpoint that it is proven under, once it is chosen. */
  readonly checkpoint?: { readonly note: string; readonly size: number };
  readonly totals: Totals;
  readonly document?: { readonly sha256: string; readonly bytes: number };
}

export const nothingYet: Totals = {
  patients: { known: 0, unknown: 0, erased: 0 },
  events: 0,
  decisions: 0,
  records: 0,
};

const begun: ExportState = {
  stage: 'cohort',
  next: 0,
  totals: nothingYet,
};

const schema = `
  CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS chunk (
    part TEXT NOT NULL, number INTEGER NOT NULL, is_last INTEGER NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (part, number)
  ) STRICT;
`;

/** Chunks are large, and are read once or twice: there is little to be gained by keeping them. */
const pageBytes = 16_384;
const cacheKib = 4_096;

/**
 * The file of one export: all that is gathered for it and made of it, in sealed chunks, and how far that has come, in
 * one transaction with what it says. So after a power cut it stands where it last stood, and no half of it is whole.
 */
export class ExportFile {
  readonly db: Database.Database;
  readonly #key: ExportKey;
  readonly #put: Database.Statement<[Part, number, number, Buffer]>;
  readonly #get: Database.Statement<[Part, number], { is_last: number; sealed: Buffer }>;
  readonly #count: Database.Statement<[Part], number>;
  readonly #drop: Database.Statement<[Part]>;
  readonly #state: Database.Statement<[], string>;
  readonly #putState: Database.Statement<[string]>;

  /** Makes the file (0600) where it is missing. One thread writes it. */
  constructor(file: string, key: ExportKey) {
    ensurePrivateFile(file);
    this.db = new Database(file);
    this.db.pragma(`page_size = ${pageBytes}`);
    this.db.pragma('journal_mode = WAL');
    this.db.pragma('synchronous = FULL');
    this.db.pragma(`cache_size = -${cacheKib}`);
    this.db.exec(schema);
    this.#key = key;
    this.#put = this.db.prepare('INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?)');
    this.#get = this.db.prepare('SELECT is_last, sealed FROM chunk WHERE part = ? AND number = ?');
    this.#count = this.db.prepare<[Part], number>('SELECT count(*) FROM chunk WHERE part = ?').pluck();
    this.#drop = this.db.prepare('DELETE FROM chunk WHERE part = ?');
    this.#state = this.db.prepare<[], string>('SELECT text FROM state').pluck();
    this.#putState = this.db.prepare('INSERT OR REPLACE INTO state VALUES (1, ?)');
  }

  state(): ExportState {
    const text = this.#state.get();
    return text === undefined ? begun : (JSON.parse(text) as ExportState);
  }

  /** What is written from here on counts with the next `commit`, or not at all. */
  begin(): void {
    this.db.exec('BEGIN IMMEDIATE');
  }

  /** All that was written since `begin`, and the state that it led to, durably. */
  commit(state: ExportState): void {
    this.#putState.run(JSON.stringify(state));
    this.db.exec('COMMIT');
  }

  /** As `commit` and `begin`, with the state as it was. */
  save(): void {
    this.db.exec('COMMIT');
    this.begin();
  }

  /** How many chunks a part has so far. */
  chunks(part: Part): number {
    return this.#count.get(part)!;
  }

  write(part: Part, number: number, isLast: boolean, plain: Buffer): void {
    const { key, exportId } = this.#key;
    const sealed = sealChunk(key, { exportId, part, number, isLast }, plain);
    this.#put.run(part, number, isLast ? 1 : 0, sealed);
    release(sealed);
  }

  /** Throws EnvelopeBroken where there is no such chunk, or it does not belong there. */
  read(part: Part, number: number): { readonly plain: Buffer; readonly isLast: boolean } {
    const row = this.#get.get(part, number);
    if (row === undefined) throw new EnvelopeBroken('a chunk of an export is missing');
    const { key, exportId } = this.#key;
    const isLast = row.is_last === 1;
    const plain = openChunk(key, { exportId, part, number, isLast }, row.sealed);
    release(row.sealed);
    return { plain, isLast };
  }

  /** A part that is whole, chunk after chunk. Throws as `read`. */
  *readAll(part: Part): Generator<Buffer> {
    for (let number = 0; ; number += 1) {
      const { plain, isLast } = this.read(part, number);
      yield plain;
      if (isLast) return;
    }
  }

  /** What a part has so far, chunk after chunk. Throws as `read`. */
  *readSoFar(part: Part): Generator<Buffer> {
    const count = this.chunks(part);
    for (let number = 0; number < count; number += 1) yield this.read(part, number).plain;
  }

  drop(part: Part): void {
    this.#drop.run(part);
  }

  close(): void {
    this.db.close();
  }
}
