import type { z } from 'zod';
import type { apiRoutes } from '../../schemas/http/routes.ts';
import type { Millis } from '../../schemas/instant.ts';
import { knownAt } from '../consent/known.ts';
import { type Standing, standings } from '../consent/standing.ts';
import type { ConsentEntry, PatientRecord } from '../consent/state.ts';
import { isoOf } from '../consent/time.ts';

type ConsentView = z.input<typeof apiRoutes.patientConsents.response>['consents'][number];

const standingAt = (
  entry: ConsentEntry,
  standing: Standing | undefined,
  validAt: Millis,
): ConsentView['standing'] => {
  if (entry.invalidated !== undefined) return 'invalidated';
  if (standing === undefined) return 'never-began';
  if (validAt < standing.begins) return 'not-yet-valid';
  return validAt < standing.ends ? 'in-force' : standing.ending;
};

/** What is shown of a grant: what it says, without who recorded it. */
const termsOf = ({
  grant,
}: ConsentEntry): Omit<ConsentView, 'standing' | 'revision' | 'recordedAt' | 'revocations'> => {
  const { resourceKey: _, contentSha256: __, ...terms } = grant;
  return terms;
};

/** The consents of a patient that were known at `known`, and how each stands at `validAt` (SEMANTICS S2). */
export const consentsAt = (record: PatientRecord, validAt: Millis, known: Millis): ConsentView[] => {
  const entries = knownAt(record, known).consents;
  const standing = new Map(standings(entries).map((each) => [each.entry, each]));
  return entries.map((entry) => ({
    ...termsOf(entry),
    standing: standingAt(entry, standing.get(entry), validAt),
    revision: entry.revision,
    recordedAt: isoOf(entry.recordedAt),
    revocations: entry.revocations.map(({ effectiveAt, recordedAt }) => ({
      effectiveAt: isoOf(effectiveAt),
      recordedAt: isoOf(recordedAt),
    })),
    ...(entry.invalidated && { invalidatedAt: isoOf(entry.invalidated.recordedAt) }),
    ...(entry.expired && { expiryRecordedAt: isoOf(entry.expired.recordedAt) }),
  }));
};
