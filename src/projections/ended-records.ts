import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { z } from 'zod';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { type FormEnd, retentionEnds } from '../consent/retention.ts';
import { cursorOf, placeOf } from './cursor.ts';
import type { RetentionPage, RetentionRow, RetentionSearch } from './port.ts';
import { prepared } from './prepared.ts';

/** The record of a subject, all of whose consents have an end and a form: its retention is over at some moment. */
export interface EndedRecord {
  readonly subject: string;
  readonly tenant: string;
  /** Of the last of its consents; it may be still to come. */
  readonly endsAt: Millis;
  /** The first that was recorded: it never changes, and by it the record is named in cursors. */
  readonly firstConsent: string;
  readonly forms: readonly FormEnd[];
}

/** Tables of the consents index, for they follow from the same record. */
export const endedSchema = `
  CREATE TABLE IF NOT EXISTS ended (
    subject TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    first_consent TEXT NOT NULL,
    forms TEXT NOT NULL
  ) STRICT;
`;
export const endedIndexes = [
  'CREATE INDEX IF NOT EXISTS ended_order ON ended (tenant, ends_at, first_consent)',
];

/** Writes rows; each call belongs into a transaction. */
export class EndedWriter {
  readonly #put: Database.Statement<[string, string, Millis, string, string]>;
  readonly #drop: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    this.#put = prepared(db, 'INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?, ?)');
    this.#drop = prepared(db, 'DELETE FROM ended WHERE subject = ?');
  }

  put({ subject, tenant, endsAt, firstConsent, forms }: EndedRecord): void {
    this.#put.run(subject, tenant, endsAt, firstConsent, JSON.stringify(forms));
  }

  drop(subject: string): void {
    this.#drop.run(subject);
  }
}

/** Rows that are looked at before others have their turn: it is run on the thread that answers. */
const perTurn = 100;
/** How many turns a page takes at most. */
const turns = 50;
/** Consents that are named of one record. */
const namedConsents = 100;

const place = z.tuple([z.int(), z.string()]);

interface StoredRecord {
  readonly subject: string;
  readonly endsAt: Millis;
  readonly firstConsent: string;
  readonly forms: string;
}

/**
 * One page of the records whose retention is over, in order of when their last consent ended, as far as one turn
 * comes. A cursor stays good whatever is written in between: a record whose end has moved stands elsewhere, the
 * others where they stood. `invalid-request` for a cursor of another search.
 */
export const searchRetention = (
  db: Database.Database,
  tenant: string,
  { now, periods, except, limit, cursor }: RetentionSearch,
): Result<RetentionPage> => {
  const after = cursor === undefined ? undefined : placeOf(cursor, place);
  if (cursor !== undefined && after === undefined)
    return fail('invalid-request', 'This cursor was not given by this search', '/cursor');
  if (periods.size === 0) return ok({ items: [] });
  const shortest = Math.min(...periods.values());
  const found = prepared<[string, Millis, Millis, string, number], StoredRecord>(
    db,
    `SELECT subject, ends_at AS endsAt, first_consent AS firstConsent, forms FROM ended
       WHERE tenant = ? AND ends_at <= ? AND (ends_at, first_consent) > (?, ?)
       ORDER BY ends_at, first_consent LIMIT ?`,
  ).all(tenant, now - shortest, ...(after ?? ([Number.MIN_SAFE_INTEGER, ''] as const)), perTurn);
  const named = prepared<[string, number], string>(
    db,
    'SELECT consent_id FROM consent WHERE subject = ? ORDER BY consent_id LIMIT ?',
  ).pluck();
  const items: RetentionRow[] = [];
  for (const [at, row] of found.entries()) {
    const forms = JSON.parse(row.forms) as FormEnd[];
    const overSince = retentionEnds(forms, periods);
    if (overSince !== undefined && overSince <= now && !except.has(row.subject))
      items.push({ overSince, forms, consentIds: named.all(row.subject, namedConsents) });
    const isLast = at + 1 === found.length && found.length < perTurn;
    if (!isLast && (items.length === limit || at + 1 === found.length))
      return ok({ items, next: cursorOf([row.endsAt, row.firstConsent]) });
  }
  return ok({ items });
};

/** A page put together turn by turn; others have theirs in between. `searchPart` goes on from a cursor. */
export const inTurns = async (
  search: RetentionSearch,
  searchPart: (part: RetentionSearch) => Result<RetentionPage>,
): Promise<Result<RetentionPage>> => {
  const items: RetentionRow[] = [];
  let part = search;
  for (let turn = 1; ; turn += 1) {
    const page = searchPart({ ...part, limit: search.limit - items.length });
    if (!page.ok) return page;
    items.push(...page.value.items);
    const { next } = page.value;
    if (next === undefined) return ok({ items });
    if (turn === turns || items.length === search.limit) return ok({ items, next });
    part = { ...search, cursor: next };
    await nextTurn();
  }
};
