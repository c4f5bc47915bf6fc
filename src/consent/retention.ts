import type { Millis } from '../../schemas/instant.ts';
import type { Standing } from './standing.ts';
import type { ConsentEntry, PatientRecord } from './state.ts';

/** When the last consent under a form ended, or is to end. */
export interface FormEnd {
  readonly formId: string;
  readonly endsAt: Millis;
}

/** By form id: how long, in milliseconds, a record is kept after the last consent under the form ended. */
export type RetentionPeriods = ReadonlyMap<string, Millis>;

const dayMs = 86_400_000;

/** The periods that a tenant's forms are given. */
export const retentionPeriodsOf = (
  tenant: string,
  given: readonly { readonly tenant: string; readonly formId: string; readonly days: number }[],
): RetentionPeriods =>
  new Map(given.flatMap((one) => (one.tenant === tenant ? [[one.formId, one.days * dayMs]] : [])));

/**
 * The forms of a whole record with the end of the last consent under each, by form id. Absent where retention cannot
 * be over at any moment: no consent, one that has no end or no form, or a restriction that stands (GDPR Art. 18(1)(b)
 * and (c): who asked for it wants the data kept). An emergency is of no form, so that it counts under each.
 *
 * @param standing of `record.consents`
 */
export const endsByForm = (
  record: PatientRecord,
  standing: readonly Standing[],
): readonly FormEnd[] | undefined => {
  const { consents, emergencies, restrictions = [] } = record;
  if (consents.length === 0 || restrictions.some(({ lifted }) => !lifted)) return undefined;
  const emergenciesEnd = emergencies.reduce((latest, { until }) => Math.max(latest, until), -Infinity);
  const stands = new Map(standing.map((one) => [one.entry, one]));
  const ends = new Map<string, Millis>();
  for (const entry of consents) {
    const formId = entry.grant.form?.formId;
    const endsAt = stands.get(entry)?.ends ?? lastRecorded(entry);
    if (formId === undefined || endsAt === Number.POSITIVE_INFINITY) return undefined;
    ends.set(formId, Math.max(endsAt, ends.get(formId) ?? emergenciesEnd));
  }
  return [...ends]
    .map(([formId, endsAt]) => ({ formId, endsAt }))
    .toSorted((one, other) => (one.formId < other.formId ? -1 : 1));
};

/** The end of a consent that never began: it was recorded, and by the last that was recorded about it, it was over. */
const lastRecorded = ({ recordedAt, revocations, invalidated }: ConsentEntry): Millis =>
  [...revocations, ...(invalidated ? [invalidated] : [])].reduce(
    (latest, at) => Math.max(latest, at.recordedAt),
    recordedAt,
  );

/** From when on the retention of a record is over: under each of its forms. Absent where a form has no period. */
export const retentionEnds = (
  forms: readonly FormEnd[] | undefined,
  periods: RetentionPeriods,
): Millis | undefined => {
  if (forms === undefined) return undefined;
  const ends = forms.map(({ formId, endsAt }) => endsAt + (periods.get(formId) ?? Number.POSITIVE_INFINITY));
  const last = Math.max(...ends);
  return Number.isFinite(last) ? last : undefined;
};
