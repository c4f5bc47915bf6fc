import type Database from 'better-sqlite3';
import { reducerVersion } from '../record/row.ts';
import type { Row, Rows, SealedRow } from '../record/rows.ts';
import type { ModelKind } from './model-file.ts';
import { prepared } from './prepared.ts';
import type { Projection } from './runner.ts';
import { erasedSubjects, type Subjects, touchedSubjects } from './subjects.ts';

/** A sealed row a subject: that patient's record folded (DESIGN, Read models). Its version is the reducer's. */
export const currentConsent: ModelKind = {
  name: 'current-consent',
  version: reducerVersion,
  schema: `
    CREATE TABLE IF NOT EXISTS row (
      subject TEXT PRIMARY KEY,
      revision INTEGER NOT NULL,
      reducer INTEGER NOT NULL,
      head BLOB NOT NULL,
      archived_at INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS archive (subject TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  `,
};

/** By how many events a row may be behind: folding 5 costs what the rest of a cold read does (MEASURED). */
const due = 5;

/** Whether a record at `revision` deserves a new row; `rowRevision` is -1 where there is none. */
export const rowIsDue = (rowRevision: number, revision: number): boolean => revision - rowRevision >= due;

/** Writes rows; each call belongs into a transaction. */
export class RowWriter {
  readonly #put: Database.Statement<[string, number, number, Buffer, number | null]>;
  readonly #putArchive: Database.Statement<[string, Buffer]>;
  readonly #drop: Database.Statement<[string]>;
  readonly #dropArchive: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    this.#put = prepared(db, 'INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?)');
    this.#putArchive = prepared(db, 'INSERT OR REPLACE INTO archive VALUES (?, ?)');
    this.#drop = prepared(db, 'DELETE FROM row WHERE subject = ?');
    this.#dropArchive = prepared(db, 'DELETE FROM archive WHERE subject = ?');
  }

  put(subject: string, { row, archive }: SealedRow): void {
    this.#put.run(subject, row.revision, row.reducer, row.head, row.archivedAt ?? null);
    if (archive !== undefined) this.#putArchive.run(subject, archive);
    else if (row.archivedAt === undefined) this.#dropArchive.run(subject);
  }

  drop(subject: string): void {
    this.#drop.run(subject);
    this.#dropArchive.run(subject);
  }
}

/** Reads rows from a file of this kind. */
export const rowsOf = (db: Database.Database): Rows => {
  const get = prepared<[string], Omit<Row, 'archivedAt'> & { archivedAt: number | null }>(
    db,
    'SELECT revision, reducer, head, archived_at AS archivedAt FROM row WHERE subject = ?',
  );
  const archive = prepared<[string], Buffer>(db, 'SELECT sealed FROM archive WHERE subject = ?').pluck();
  return {
    get: (subject) => {
      const found = get.get(subject);
      if (found === undefined) return undefined;
      const { archivedAt, ...row } = found;
      return archivedAt === null ? row : { ...row, archivedAt };
    },
    archive: (subject) => archive.get(subject),
  };
};

/** Refreshes the rows that have fallen behind; a subject that was erased, or has no key, loses its row. */
export const currentConsentProjection = (subjects: Subjects): Projection => ({
  kind: currentConsent,
  async prepare({ db }, events) {
    const rows = rowsOf(db);
    const writer = new RowWriter(db);
    const writes: (() => void)[] = [];
    subjects.grown(events);
    const erased = erasedSubjects(events);
    for (const [subject, { tenant, revision }] of touchedSubjects(events)) {
      if (erased.has(subject)) {
        writes.push(() => writer.drop(subject));
        continue;
      }
      if (!rowIsDue(rows.get(subject)?.revision ?? -1, revision)) continue;
      const sealed = await subjects.row(subject, tenant);
      writes.push(() => (sealed ? writer.put(subject, sealed) : writer.drop(subject)));
    }
    return () => {
      for (const write of writes) write();
    };
  },
});
