import type Database from 'better-sqlite3';
import type { DecisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import type { EventDefinition } from '../../schemas/events/define.ts';
import { patientErased } from '../../schemas/events/patient-erased.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import { openPayload } from '../record/upcast.ts';
import type { IndexedEvent, RecordedEvent } from '../store/port.ts';
import type { ModelFile, ModelKind } from './model-file.ts';
import type { DisclosureRef } from './port.ts';
import { prepared } from './prepared.ts';
import type { Projection } from './runner.ts';
import { erasedSubjects } from './subjects.ts';

/**
 * Where the logged answers about a subject stand. No entry is opened for it: subject, place in the log and the
 * time of recording are all in clear. Of those who were erased it keeps the random ids alone, so that an answer that
 * was on its way to the log meanwhile comes into no index.
 */
export const disclosuresIndex: ModelKind = {
  name: 'disclosures-index',
  version: 2,
  schema: `
    CREATE TABLE IF NOT EXISTS disclosure (
      subject TEXT NOT NULL,
      recorded_at INTEGER NOT NULL,
      log_index INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      PRIMARY KEY (subject, recorded_at, log_index, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS erased (subject TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
};

/** The entries of a DecisionsRecorded event, still sealed. Throws UnknownEvent for a version that is newer. */
export const sealedEntries = (
  event: RecordedEvent,
  definitions: readonly EventDefinition[],
): DecisionsRecorded['entries'] => {
  const stored: unknown = JSON.parse(event.data.toString('utf8'));
  const payload = openPayload(definitions, event.type, event.metadata.schemaVersion, stored);
  return (payload as DecisionsRecorded).entries; // The registry says that this type has this payload.
};

/** The types of the events that it is made of: whoever builds it anew may leave the others out. */
export const disclosureTypes = ['DecisionsRecorded', patientErased.type];

export const disclosuresProjection = (definitions: readonly EventDefinition[]): Projection => ({
  kind: disclosuresIndex,
  prepare: async (model, events) => writeDisclosures(model, definitions, events),
});

/** The writing of what these events add, to be run in a transaction. */
export const writeDisclosures = (
  { db }: ModelFile,
  definitions: readonly EventDefinition[],
  events: readonly IndexedEvent[],
): (() => void) => {
  const recorded = events.filter(({ type }) => type === 'DecisionsRecorded');
  const isErased = prepared<[string]>(db, 'SELECT 1 FROM erased WHERE subject = ?');
  const insert = prepared<[string, Millis, number, number]>(db, 'INSERT INTO disclosure VALUES (?, ?, ?, ?)');
  const drop = prepared<[string]>(db, 'DELETE FROM disclosure WHERE subject = ?');
  const erase = prepared<[string]>(db, 'INSERT OR IGNORE INTO erased VALUES (?)');
  const writeEvent = (event: IndexedEvent) => {
    for (const [entry, { keyId }] of sealedEntries(event, definitions).entries()) {
      if (isErased.get(keyId) === undefined) insert.run(keyId, event.recordedAt, event.index, entry);
    }
  };
  return () => {
    for (const subject of erasedSubjects(events)) {
      drop.run(subject);
      erase.run(subject);
    }
    for (const event of recorded) writeEvent(event);
  };
};

/**
 * Entries about `subject` with `from <= recordedAt < until`, in log order (recordedAt is monotone in it), after
 * `after`.
 */
export const findDisclosures = (
  db: Database.Database,
  subject: string,
  span: Span,
  after: DisclosureRef | undefined,
  limit: number,
): DisclosureRef[] =>
  prepared<[string, Millis, number, number, Millis, number], DisclosureRef>(
    db,
    `SELECT recorded_at AS recordedAt, log_index AS "index", entry FROM disclosure
       WHERE subject = ? AND (recorded_at, log_index, entry) > (?, ?, ?) AND recorded_at < ?
       ORDER BY recorded_at, log_index, entry LIMIT ?`,
  ).all(
    subject,
    after?.recordedAt ?? span.from ?? 0,
    after?.index ?? 0,
    after?.entry ?? 0,
    span.until ?? Number.MAX_SAFE_INTEGER,
    limit,
  );
