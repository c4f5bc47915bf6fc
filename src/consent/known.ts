import type { Millis } from '../../schemas/instant.ts';
import { type At, type ConsentEntry, emptyRecord, type PatientRecord } from './state.ts';

/**
 * The record as it was known at a moment: the fold of the events recorded by then (S1.3).
 * (Its `requests` aside: of these a record keeps the last day alone.)
 */
export function knownAt(record: PatientRecord, moment: Millis): PatientRecord {
  if (record.recordedAt <= moment) return record;
  const known = ({ recordedAt }: At) => recordedAt <= moment;
  const consents = record.consents.filter(known).map((entry) => entryKnown(entry, known));
  const emergencies = record.emergencies.filter(known);
  const requests = record.requests.filter(known);
  const restrictions = record.restrictions?.filter(known).map(({ lifted, ...placed }) => ({
    ...placed,
    ...(lifted && known(lifted) && { lifted }),
  }));
  const restricted =
    restrictions?.flatMap(({ lifted, ...placed }) => (lifted ? [placed, lifted] : [placed])) ?? [];
  const last = [...consents.flatMap(momentsOf), ...emergencies, ...requests, ...restricted].reduce<At>(
    (latest, at) => (at.revision > latest.revision ? at : latest),
    emptyRecord,
  );
  const { revision, recordedAt } = last;
  const kept = restrictions && { restrictions };
  return { ...record, revision, recordedAt, consents, emergencies, requests, ...kept };
}

function entryKnown(
  { invalidated, expired, ...entry }: ConsentEntry,
  known: (at: At) => boolean,
): ConsentEntry {
  return {
    ...entry,
    revocations: entry.revocations.filter(known),
    ...(invalidated && known(invalidated) && { invalidated }),
    ...(expired && known(expired) && { expired }),
  };
}

const momentsOf = (entry: ConsentEntry): At[] =>
  [entry, ...entry.revocations, entry.invalidated, entry.expired].filter((at) => at !== undefined);
