/**
 * A row of current-consent: one patient's record folded up to `revision` and sealed under that patient's key. It
 * is read model and snapshot in one. Where a patient has very many settled consents they stand apart, in an
 * archive, so that a question about now opens the head alone (src/record/settled.ts).
 */
export interface Row {
  /** Of the last event that is folded in. */
  readonly revision: number;
  /** `reducerVersion` of the code that folded it; a row of another version is not read. */
  readonly reducer: number;
  readonly head: Buffer;
  /** At which revision the archive that belongs to this head was made; absent where the head is the whole. */
  readonly archivedAt?: number;
}

/** A row as it is to be written, in one transaction. */
export interface SealedRow {
  readonly row: Row;
  /**
   * To be written beside the row, in place of any that stands. Absent: the one made at `row.archivedAt` stays;
   * where that is absent too, there is none and what stands is deleted.
   */
  readonly archive?: Buffer;
}

/** Where rows are kept: a cache, to be deleted and rebuilt at will. */
export interface Rows {
  get(subject: string): Row | undefined;
  /** The archive that was written with a row; read only for questions about the past and for commands. */
  archive(subject: string): Buffer | undefined;
}

/** No rows: every record is folded from its events. */
export const noRows: Rows = { get: () => undefined, archive: () => undefined };
