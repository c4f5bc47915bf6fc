import type Database from 'better-sqlite3';

/** A patient of an export: counted from 1; `place` is that of the identifier among those that were asked for. */
export interface Member {
  readonly number: number;
  /** Absent where the ledger knows nobody of the identifier. */
  readonly subject?: string;
  readonly place?: number;
  /** How many answers about this patient are in the log before the checkpoint. */
  readonly logged: number;
}

interface Row {
  readonly number: number;
  readonly subject: string | null;
  readonly place: number | null;
  readonly logged: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS patient (
    number INTEGER PRIMARY KEY, subject TEXT UNIQUE, place INTEGER, logged INTEGER NOT NULL
  ) STRICT;
`;

/** Members in memory at a time. */
const pageMembers = 1_000;

/** The patients of one export, in its file: random ids and numbers, so that an erasure finds it. */
export class CohortTable {
  readonly #put: Database.Statement<[string | null, number | null, number]>;
  readonly #page: Database.Statement<[number, number], Row>;
  readonly #count: Database.Statement<[], number>;
  readonly #has: Database.Statement<[string], number>;

  constructor(db: Database.Database) {
    db.exec(schema);
    // A subject that comes twice is one patient.
    this.#put = db.prepare('INSERT OR IGNORE INTO patient (subject, place, logged) VALUES (?, ?, ?)');
    this.#page = db.prepare('SELECT * FROM patient WHERE number >= ? ORDER BY number LIMIT ?');
    this.#count = db.prepare<[], number>('SELECT count(*) FROM patient').pluck();
    this.#has = db.prepare<[string], number>('SELECT 1 FROM patient WHERE subject = ?').pluck();
  }

  add({ subject, place, logged }: Omit<Member, 'number'>): void {
    this.#put.run(subject ?? null, place ?? null, logged);
  }

  page(from: number, limit: number): Member[] {
    return this.#page.all(from, limit).map(({ number, subject, place, logged }) => ({
      number,
      logged,
      ...(subject !== null && { subject }),
      ...(place !== null && { place }),
    }));
  }

  /** All from a number on. */
  *all(from = 1): Generator<Member> {
    for (let next = from; ; ) {
      const page = this.page(next, pageMembers);
      yield* page;
      if (page.length < pageMembers) return;
      next = page.at(-1)!.number + 1;
    }
  }

  count(): number {
    return this.#count.get()!;
  }

  has(subject: string): boolean {
    return this.#has.get(subject) !== undefined;
  }
}
