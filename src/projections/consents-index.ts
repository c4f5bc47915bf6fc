import type Database from 'better-sqlite3';
import { z } from 'zod';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { endsByForm } from '../consent/retention.ts';
import { type Standing, standings } from '../consent/standing.ts';
import type { ConsentEntry, PatientRecord } from '../consent/state.ts';
import { cursorOf, placeOf } from './cursor.ts';
import { type EndedRecord, EndedWriter, endedIndexes, endedSchema } from './ended-records.ts';
import type { ModelKind } from './model-file.ts';
import type { ConsentPage, ConsentRow, ConsentSearch, ConsentStatus } from './port.ts';
import { prepared } from './prepared.ts';
import type { Projection } from './runner.ts';
import { type Subjects, touchedSubjects } from './subjects.ts';

/**
 * Random ids, codes and times of every consent, to be searched across patients (DESIGN, Read models). The subject comes
 * first in its key, so that the rows of one are written side by side.
 */
export const consentsIndex: ModelKind = {
  name: 'consents-index',
  version: 5,
  schema: `
    ${endedSchema}
    CREATE TABLE IF NOT EXISTS consent (
      consent_id TEXT NOT NULL,
      subject TEXT NOT NULL,
      tenant TEXT NOT NULL,
      form_id TEXT,
      form_version TEXT,
      status TEXT NOT NULL,
      signed_at INTEGER NOT NULL,
      ends_at INTEGER,
      due_at INTEGER
    ) STRICT;
  `,
  indexes: [
    ...endedIndexes,
    'CREATE UNIQUE INDEX IF NOT EXISTS consent_subject ON consent (subject, consent_id)',
    'CREATE INDEX IF NOT EXISTS consent_tenant ON consent (tenant, consent_id)',
    'CREATE INDEX IF NOT EXISTS consent_form ON consent (tenant, form_id, consent_id) WHERE form_id IS NOT NULL',
    'CREATE INDEX IF NOT EXISTS consent_status ON consent (tenant, status, consent_id)',
    'CREATE INDEX IF NOT EXISTS consent_end ON consent (tenant, ends_at, consent_id) WHERE ends_at IS NOT NULL',
    'CREATE INDEX IF NOT EXISTS consent_due ON consent (due_at, subject) WHERE due_at IS NOT NULL',
  ],
};

/** A consent in the index; `dueAt`: when a ConsentExpired is to be written, while there is none. */
export interface IndexedConsent extends ConsentRow {
  readonly dueAt?: Millis;
}

/** The rows of one subject: they follow from its record alone. */
export interface SubjectRows {
  readonly subject: string;
  readonly consents: readonly IndexedConsent[];
  readonly ended?: EndedRecord;
}

export const rowsOfSubject = (record: PatientRecord, subject: string, tenant: string): SubjectRows => {
  const standing = standings(record.consents);
  const forms = endsByForm(record, standing);
  const firstConsent = record.consents[0]?.grant.consentId;
  const consents = consentsOf(record, standing, subject, tenant);
  if (forms === undefined || firstConsent === undefined) return { subject, consents };
  const endsAt = Math.max(...forms.map((form) => form.endsAt));
  return { subject, consents, ended: { subject, tenant, endsAt, firstConsent, forms } };
};

const consentsOf = (
  record: PatientRecord,
  began: readonly Standing[],
  subject: string,
  tenant: string,
): IndexedConsent[] => {
  const standing = new Map(began.map((one) => [one.entry.grant.consentId, one]));
  return record.consents.map((entry) => {
    const { consentId, signedAt, period, form } = entry.grant;
    const stands = standing.get(consentId);
    const status = statusOf(entry, stands);
    const runsOut = stands?.ending === 'expired' && Number.isFinite(stands.ends) && status !== 'expired';
    return {
      consentId,
      subject,
      tenant,
      ...(form && { formId: form.formId, formVersion: form.version }),
      status,
      signedAt: Date.parse(signedAt),
      ...(period?.end !== undefined && { endsAt: Date.parse(period.end) + 1 }),
      ...(runsOut && { dueAt: stands.ends }),
    };
  });
};

/** By what was recorded, be its effect still to come; of what never began (S2.4), by why it did not. */
const statusOf = (entry: ConsentEntry, standing: Standing | undefined): ConsentStatus => {
  const { grant, invalidated, expired, revocations } = entry;
  if (invalidated !== undefined) return 'invalidated';
  if (standing === undefined) {
    if (revocations.length > 0) return 'revoked';
    return grant.period?.end !== undefined && grant.period.end < grant.signedAt ? 'expired' : 'replaced';
  }
  const { ending, ends } = standing;
  if (Number.isFinite(ends) && ending !== 'expired') return ending;
  if (expired !== undefined) return 'expired';
  return grant.unreadable === undefined ? 'active' : 'unreadable';
};

type Values = [
  consentId: string,
  subject: string,
  tenant: string,
  formId: string | null,
  formVersion: string | null,
  status: string,
  signedAt: Millis,
  endsAt: Millis | null,
  dueAt: Millis | null,
];

const insertConsent = 'INSERT INTO consent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';

const valuesOf = (row: IndexedConsent): Values => [
  row.consentId,
  row.subject,
  row.tenant,
  row.formId ?? null,
  row.formVersion ?? null,
  row.status,
  row.signedAt,
  row.endsAt ?? null,
  row.dueAt ?? null,
];

/** Fills a model that is built, whose indexes are still to come; each subject is added once. */
export class ConsentFiller {
  readonly #add: Database.Statement<Values>;
  readonly #ended: EndedWriter;

  constructor(db: Database.Database) {
    this.#add = prepared(db, insertConsent);
    this.#ended = new EndedWriter(db);
  }

  add({ consents, ended }: SubjectRows): void {
    if (ended) this.#ended.put(ended);
    for (const row of consents) this.#add.run(...valuesOf(row));
  }
}

/** Writes rows; each call belongs into a transaction. */
export class ConsentWriter {
  readonly #put: Database.Statement<Values>;
  readonly #drop: Database.Statement<[string]>;
  readonly #ended: EndedWriter;

  constructor(db: Database.Database) {
    this.#put = prepared(
      db,
      `${insertConsent}
       ON CONFLICT (subject, consent_id) DO UPDATE SET status = excluded.status, due_at = excluded.due_at
       WHERE status <> excluded.status OR due_at IS NOT excluded.due_at`,
    );
    this.#drop = prepared(db, 'DELETE FROM consent WHERE subject = ?');
    this.#ended = new EndedWriter(db);
  }

  put({ subject, consents, ended }: SubjectRows): void {
    if (ended) this.#ended.put(ended);
    else this.#ended.drop(subject);
    for (const row of consents) this.#put.run(...valuesOf(row));
  }

  drop(subject: string): void {
    this.#drop.run(subject);
    this.#ended.drop(subject);
  }
}

export const consentsProjection = (subjects: Subjects): Projection => ({
  kind: consentsIndex,
  async prepare({ db }, events) {
    const writer = new ConsentWriter(db);
    const writes: (() => void)[] = [];
    subjects.grown(events);
    for (const [subject, { tenant }] of touchedSubjects(events)) {
      const record = await subjects.record(subject, tenant);
      const rows = record && rowsOfSubject(record, subject, tenant);
      writes.push(() => (rows ? writer.put(rows) : writer.drop(subject)));
    }
    return () => {
      for (const write of writes) write();
    };
  },
});

const endPlace = z.tuple([z.int(), z.string()]);
const idPlace = z.tuple([z.string()]);

/**
 * One page, in order of `endsAt` where the search asks for an end, else of consentId. What the order rests on never
 * changes, so a cursor stays good whatever is written in between. `invalid-request` for a cursor of another search.
 */
export const searchConsents = (
  db: Database.Database,
  tenant: string,
  search: ConsentSearch,
): Result<ConsentPage> => {
  const byEnd = search.endsFrom !== undefined || search.endsUntil !== undefined;
  const after =
    search.cursor === undefined
      ? undefined
      : placeOf<(number | string)[]>(search.cursor, byEnd ? endPlace : idPlace);
  if (search.cursor !== undefined && after === undefined)
    return fail('invalid-request', 'This cursor was not given by this search', '/cursor');
  const terms: [sql: string, ...values: (string | number)[]][] = [['tenant = ?', tenant]];
  if (search.formId !== undefined) terms.push(['form_id = ?', search.formId]);
  if (search.formVersion !== undefined) terms.push(['form_version = ?', search.formVersion]);
  if (search.status !== undefined) terms.push(['status = ?', search.status]);
  if (byEnd) terms.push(['ends_at >= ?', search.endsFrom ?? Number.MIN_SAFE_INTEGER]);
  if (search.endsUntil !== undefined) terms.push(['ends_at < ?', search.endsUntil]);
  if (after !== undefined)
    terms.push([byEnd ? '(ends_at, consent_id) > (?, ?)' : 'consent_id > ?', ...after]);
  const found = prepared<unknown[], StoredConsent>(
    db,
    `SELECT consent_id AS consentId, subject, tenant, form_id AS formId, form_version AS formVersion, status,
         signed_at AS signedAt, ends_at AS endsAt FROM consent
       WHERE ${terms.map(([sql]) => sql).join(' AND ')}
       ORDER BY ${byEnd ? 'ends_at, consent_id' : 'consent_id'} LIMIT ?`,
  ).all(...terms.flatMap(([, ...values]) => values), search.limit + 1);
  const items = found.slice(0, search.limit).map(rowOf);
  const last = items.at(-1);
  return ok(
    found.length > search.limit && last
      ? { items, next: cursorOf(byEnd ? [last.endsAt!, last.consentId] : [last.consentId]) }
      : { items },
  );
};

/** Subjects of a tenant with a consent under a form, in order; those after `after`. */
export const subjectsUnderForm = (
  db: Database.Database,
  tenant: string,
  formId: string,
  after: string,
  limit: number,
): string[] =>
  prepared<[string, string, string, number], string>(
    db,
    'SELECT DISTINCT subject FROM consent WHERE tenant = ? AND form_id = ? AND subject > ? ORDER BY subject LIMIT ?',
  )
    .pluck()
    .all(tenant, formId, after, limit);

/** Subjects with an end that has passed by `now` and no ConsentExpired yet; those after `after`. */
export const findEndsDue = (
  db: Database.Database,
  now: Millis,
  after: string,
  limit: number,
): { subject: string; tenant: string }[] =>
  prepared<[Millis, string, number], { subject: string; tenant: string }>(
    db,
    `SELECT DISTINCT subject, tenant FROM consent WHERE due_at <= ? AND subject > ? ORDER BY subject LIMIT ?`,
  ).all(now, after, limit);

type Nullable<T> = { [K in keyof T]-?: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };
type StoredConsent = Nullable<ConsentRow>;

const rowOf = ({ formId, formVersion, endsAt, ...row }: StoredConsent): ConsentRow => ({
  ...row,
  ...(formId !== null && { formId }),
  ...(formVersion !== null && { formVersion }),
  ...(endsAt !== null && { endsAt }),
});
