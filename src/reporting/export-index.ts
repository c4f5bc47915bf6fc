import Database from 'better-sqlite3';
import type { ExportKind, ExportLanguage } from '../../schemas/export/package.ts';
import type { Millis } from '../../schemas/instant.ts';
import { ensurePrivateFile } from '../store/folder.ts';

/**
 * - `queued`, `running`: to be worked on; after a restart it is gone on with.
 * - `finished`: the document is there.
 * - `failed`, `cancelled`: there is none; `expired`: its time is over; `removed`: a patient in it was erased.
 */
export type ExportStatus = 'queued' | 'running' | 'finished' | 'failed' | 'cancelled' | 'expired' | 'removed';

/** An export in the index: random ids, codes and times; what was asked for, by whom, is sealed. */
export interface IndexedExport {
  /** In the order in which they were asked for. */
  readonly number: number;
  readonly id: string;
  readonly tenant: string;
  readonly kind: ExportKind;
  readonly language: ExportLanguage;
  /** The subject in the vault whose key seals it. */
  readonly keyId: string;
  readonly status: ExportStatus;
  readonly createdAt: Millis;
  readonly finishedAt: Millis | null;
  readonly expiresAt: Millis | null;
  readonly patients: number;
  readonly failure: string | null;
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly checkpointSize: number | null;
  /** Null once it is destroyed. */
  readonly request: Buffer | null;
}

const schema = `
  CREATE TABLE IF NOT EXISTS export (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL, key_id TEXT NOT NULL, status TEXT NOT NULL,
    created_at INTEGER NOT NULL, finished_at INTEGER, expires_at INTEGER, patients INTEGER NOT NULL DEFAULT 0,
    failure TEXT, sha256 TEXT, bytes INTEGER, checkpoint_size INTEGER, request BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS export_tenant ON export (tenant, number);
  CREATE INDEX IF NOT EXISTS export_status ON export (status, number);
`;
const columns = `number, id, tenant, kind, language, key_id AS keyId, status, created_at AS createdAt, finished_at AS finishedAt,
  expires_at AS expiresAt, patients, failure, sha256, bytes, checkpoint_size AS checkpointSize, request`;

/** The index of the exports of a node, in one SQLite file (0600). Each call is durable when it returns. */
export class ExportIndex {
  readonly #db: Database.Database;

  constructor(file: string) {
    ensurePrivateFile(file);
    this.#db = new Database(file);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.pragma('secure_delete = ON');
    this.#db.exec(schema);
  }

  add(
    one: Pick<IndexedExport, 'id' | 'tenant' | 'kind' | 'language' | 'keyId' | 'createdAt' | 'request'>,
  ): void {
    this.#db
      .prepare(
        `INSERT INTO export (id, tenant, kind, language, key_id, status, created_at, request)
         VALUES (@id, @tenant, @kind, @language, @keyId, 'queued', @createdAt, @request)`,
      )
      .run(one);
  }

  get(id: string): IndexedExport | undefined {
    return this.#db.prepare<[string], IndexedExport>(`SELECT ${columns} FROM export WHERE id = ?`).get(id);
  }

  /** Those of a tenant of these kinds before `before`, newest first. */
  page(tenant: string, kinds: readonly ExportKind[], before: number, limit: number): IndexedExport[] {
    return this.#db
      .prepare<[string, ...ExportKind[], number, number], IndexedExport>(
        `SELECT ${columns} FROM export WHERE tenant = ? AND kind IN (${kinds.map(() => '?')}) AND number < ?
           ORDER BY number DESC LIMIT ?`,
      )
      .all(tenant, ...kinds, before, limit);
  }

  /** Those of these statuses, oldest first. */
  those(...statuses: readonly ExportStatus[]): IndexedExport[] {
    return this.#db
      .prepare<string[], IndexedExport>(
        `SELECT ${columns} FROM export WHERE status IN (${statuses.map(() => '?')}) ORDER BY number`,
      )
      .all(...statuses);
  }

  setStatus(id: string, status: ExportStatus, failure: string | null = null): void {
    this.#db.prepare('UPDATE export SET status = ?, failure = ? WHERE id = ?').run(status, failure, id);
  }

  /** The last step of the work: from here on the document is offered. */
  finish(
    id: string,
    made: Pick<
      IndexedExport,
      'finishedAt' | 'expiresAt' | 'patients' | 'sha256' | 'bytes' | 'checkpointSize'
    >,
  ): void {
    this.#db
      .prepare(
        `UPDATE export SET status = 'finished', finished_at = @finishedAt, expires_at = @expiresAt,
           patients = @patients, sha256 = @sha256, bytes = @bytes, checkpoint_size = @checkpointSize WHERE id = @id`,
      )
      .run({ id, ...made });
  }

  /** What stays of an export that was destroyed: that there was one, and how it ended. */
  forget(id: string, status: ExportStatus, failure: string | null): void {
    this.#db
      .prepare('UPDATE export SET status = ?, failure = ?, request = NULL WHERE id = ?')
      .run(status, failure, id);
  }

  close(): void {
    this.#db.close();
  }
}
