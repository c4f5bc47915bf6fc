import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { subjectOfPatientStream } from '../record/streams.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Vault } from '../vault/port.ts';
import { CohortTable } from './cohort-table.ts';
import { ExportFile } from './export-file.ts';
import type { ExportIndex, ExportStatus, IndexedExport } from './export-index.ts';

const live: readonly ExportStatus[] = ['queued', 'running', 'finished'];
const isLive = ({ status }: IndexedExport) => live.includes(status);

export interface ShelfParts {
  /** A private one. */
  readonly folder: string;
  readonly index: ExportIndex;
  readonly vault: Pick<Vault, 'destroy'>;
  readonly keyring: Pick<Keyring, 'keyOf' | 'forget'>;
}

/** Where the files of exports are, and how they are destroyed: by their key first, wherever copies of them may be. */
export class Shelf {
  readonly #parts: ShelfParts;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  path(exportId: string): string {
    return join(this.#parts.folder, `${exportId}.db`);
  }

  has(exportId: string): boolean {
    return existsSync(this.path(exportId));
  }

  /** Undefined where its key or its file is gone. Rejects with VaultUnavailable. */
  async open({ id, keyId }: Pick<IndexedExport, 'id' | 'keyId'>): Promise<ExportFile | undefined> {
    const key = await this.#parts.keyring.keyOf(keyId);
    if (key === undefined || !this.has(id)) return undefined;
    return new ExportFile(this.path(id), { exportId: id, key });
  }

  /** The exports that a subject is in and whose files are there: also one that is over and not yet destroyed. */
  holding(subject: string): IndexedExport[] {
    const { index } = this.#parts;
    return this.#ids().flatMap((id) => (this.#holds(id, [subject]) ? (index.get(id) ?? []) : []));
  }

  /** Whether somebody in a document was erased since its checkpoint. */
  holdsErased(
    { id, checkpointSize }: Pick<IndexedExport, 'id' | 'checkpointSize'>,
    log: Pick<LocalLog, 'erasures'>,
  ): boolean {
    const erased = log.erasures(checkpointSize ?? 0);
    return this.#holds(
      id,
      erased.flatMap(({ stream }) => subjectOfPatientStream(stream) ?? []),
    );
  }

  /** Whether one of these subjects is among the patients that were chosen for an export. */
  #holds(exportId: string, subjects: readonly string[]): boolean {
    if (subjects.length === 0 || !this.has(exportId)) return false;
    const db = new Database(this.path(exportId), { fileMustExist: true });
    try {
      const cohort = new CohortTable(db);
      return subjects.some((subject) => cohort.has(subject));
    } finally {
      db.close();
    }
  }

  /**
   * Destroys an export: from now on it is not offered, then its key is destroyed, then its file. Rejects with
   * VaultUnavailable in between: `clean` goes on with it.
   */
  async destroy(one: IndexedExport, status: ExportStatus, failure: string | null = null): Promise<void> {
    const { index, vault, keyring } = this.#parts;
    if (isLive(one)) index.forget(one.id, status, failure);
    await vault.destroy(one.keyId);
    keyring.forget(one.keyId);
    this.#unlink(one.id);
  }

  /** Destroys what is left of exports that are over, and of those that never came into the index. */
  async clean(): Promise<void> {
    for (const id of this.#ids()) {
      const one = this.#parts.index.get(id);
      if (one === undefined) this.#unlink(id);
      else if (!isLive(one)) await this.destroy(one, one.status);
    }
  }

  /** Of all that have a file here. */
  #ids(): string[] {
    const names = readdirSync(this.#parts.folder);
    return [...new Set(names.flatMap((name) => /^([0-9a-f-]{36})\.db/.exec(name)?.[1] ?? []))];
  }

  #unlink(exportId: string): void {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${this.path(exportId)}${ending}`, { force: true });
  }
}
