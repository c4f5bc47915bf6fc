import type Database from 'better-sqlite3';
import type { StreamPlace } from '../record/sealing.ts';

/** Which entry of which event is about which patient of the export. */
export interface AnswerRef {
  readonly index: number;
  readonly entry: number;
  readonly patient: number;
}

/** A logged answer about a patient, still sealed under that patient's key; not to be opened outside the period. */
export interface KeptAnswer {
  readonly index: number;
  readonly entry: number;
  readonly commitment: string;
  readonly sealed?: {
    readonly envelope: string;
    readonly place: StreamPlace;
    readonly schemaVersion: number;
  };
}

const schema = `
  CREATE TABLE IF NOT EXISTS ref (
    log_index INTEGER NOT NULL, entry INTEGER NOT NULL, patient INTEGER NOT NULL,
    PRIMARY KEY (log_index, entry)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS answer (
    id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, kept TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS answer_patient ON answer (patient);
  CREATE TABLE IF NOT EXISTS leaf (log_index INTEGER PRIMARY KEY) STRICT;
`;

/** Answers in memory at a time. */
const pageAnswers = 200;

/**
 * Turns answers from the order of the log, in which their events are read once each, into the order of the patients.
 * On disk, for there may be many millions; sealed as the log has them. Beside them, which events the export shows.
 */
export class AnswersTable {
  readonly #putRef: Database.Statement<[number, number, number]>;
  readonly #refs: Database.Statement<[number, number], AnswerRef>;
  readonly #put: Database.Statement<[number, string]>;
  readonly #page: Database.Statement<[number, number, number], { id: number; kept: string }>;
  readonly #countOf: Database.Statement<[number], number>;
  readonly #countEvents: Database.Statement<[], number>;
  readonly #putLeaf: Database.Statement<[number]>;
  readonly #leaves: Database.Statement<[], number>;
  readonly #countLeaves: Database.Statement<[], number>;

  constructor(db: Database.Database) {
    db.exec(schema);
    this.#putRef = db.prepare('INSERT OR IGNORE INTO ref VALUES (?, ?, ?)');
    this.#refs = db.prepare(
      `SELECT log_index AS "index", entry, patient FROM ref WHERE log_index IN
         (SELECT DISTINCT log_index FROM ref WHERE log_index > ? ORDER BY log_index LIMIT ?)
       ORDER BY log_index, entry`,
    );
    this.#put = db.prepare('INSERT INTO answer (patient, kept) VALUES (?, ?)');
    this.#page = db.prepare('SELECT id, kept FROM answer WHERE patient = ? AND id > ? ORDER BY id LIMIT ?');
    this.#countOf = db.prepare<[number], number>('SELECT count(*) FROM answer WHERE patient = ?').pluck();
    this.#countEvents = db.prepare<[], number>('SELECT count(DISTINCT log_index) FROM ref').pluck();
    this.#putLeaf = db.prepare('INSERT OR IGNORE INTO leaf VALUES (?)');
    this.#leaves = db.prepare<[], number>('SELECT log_index FROM leaf ORDER BY log_index').pluck();
    this.#countLeaves = db.prepare<[], number>('SELECT count(*) FROM leaf').pluck();
  }

  addRef({ index, entry, patient }: AnswerRef): void {
    this.#putRef.run(index, entry, patient);
  }

  /** How many events hold answers about patients of the export. */
  events(): number {
    return this.#countEvents.get()!;
  }

  /** The entries of up to `events` events after log index `after`, in log order. */
  refs(after: number, events: number): AnswerRef[] {
    return this.#refs.all(after, events);
  }

  keep(patient: number, answer: KeptAnswer): void {
    this.#put.run(patient, JSON.stringify(answer));
  }

  countOf(patient: number): number {
    return this.#countOf.get(patient)!;
  }

  /** The answers about a patient, in the order of the log. */
  *of(patient: number): Generator<KeptAnswer> {
    for (let after = 0; ; ) {
      const page = this.#page.all(patient, after, pageAnswers);
      for (const { kept } of page) yield JSON.parse(kept) as KeptAnswer;
      if (page.length < pageAnswers) return;
      after = page.at(-1)!.id;
    }
  }

  /** `index`: of a leaf of the tree of the log, from 0. */
  addLeaf(index: number): void {
    this.#putLeaf.run(index);
  }

  /** Every leaf that the export shows, ascending. */
  leaves(): Float64Array {
    const indices = new Float64Array(this.#countLeaves.get()!);
    let place = 0;
    for (const index of this.#leaves.iterate()) indices[place++] = index;
    return indices;
  }
}
