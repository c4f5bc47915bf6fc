import type { PatientRecord } from '../consent/state.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { open, type Place, seal } from './envelope.ts';
import { type Archive, archiveCodec, recordCodec } from './record-codec.ts';
import type { Row, SealedRow } from './rows.ts';
import { joinSettled, splitSettled } from './settled.ts';
import { patientStream } from './streams.ts';

/**
 * Of the code that folds and encodes records. Raise it whenever `evolve`, a codec or the rule of settled.ts changes
 * what a row holds: rows of another version are not read, and are built anew.
 */
export const reducerVersion = 3;

/** Seals a whole record as a row; what is settled goes to an archive where there is much of it. */
export const sealRow = (record: PatientRecord, tenant: string, key: SubjectKey): SealedRow => {
  const split = splitSettled(record);
  if (split === undefined) return { row: sealHead(record, undefined, tenant, key) };
  const place = placeOfArchive(tenant, key.subject, record.revision);
  const text = JSON.stringify(archiveCodec.encode(split.archive));
  return {
    row: sealHead(split.head, record.revision, tenant, key),
    archive: seal(key.key, key.subject, place, text),
  };
};

/** Seals a whole record, or a head whose archive was made at revision `archivedAt` and still belongs to it. */
export const sealHead = (
  record: PatientRecord,
  archivedAt: number | undefined,
  tenant: string,
  key: SubjectKey,
): Row => {
  const place = placeOfHead(tenant, key.subject, record.revision, archivedAt);
  const head = seal(key.key, key.subject, place, JSON.stringify(recordCodec.encode(record)));
  const row = { revision: record.revision, reducer: reducerVersion, head };
  return archivedAt === undefined ? row : { ...row, archivedAt };
};

/** The record in a row: whole, or where it has an archive the head alone. Throws EnvelopeBroken. */
export const openHead = (row: Row, tenant: string, { subject, key }: SubjectKey): PatientRecord => {
  const place = placeOfHead(tenant, subject, row.revision, row.archivedAt);
  return recordCodec.decode(JSON.parse(open(key, subject, place, row.head).toString('utf8')));
};

/** A head made whole by the archive of its row. Throws EnvelopeBroken. */
export const openWhole = (
  head: PatientRecord,
  archivedAt: number,
  archive: Buffer,
  tenant: string,
  { subject, key }: SubjectKey,
): PatientRecord => {
  const place = placeOfArchive(tenant, subject, archivedAt);
  const text = open(key, subject, place, archive).toString('utf8');
  return joinSettled(head, archiveCodec.decode(JSON.parse(text)) satisfies Archive);
};

const placeOfHead = (tenant: string, subject: string, revision: number, archivedAt?: number): Place => ({
  tenant,
  stream: patientStream(subject),
  revision,
  type: `row head, archive at ${archivedAt ?? 'none'}`,
  schemaVersion: reducerVersion,
});

const placeOfArchive = (tenant: string, subject: string, revision: number): Place => ({
  tenant,
  stream: patientStream(subject),
  revision,
  type: 'row archive',
  schemaVersion: reducerVersion,
});
