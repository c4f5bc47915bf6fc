import type { Coding } from '../../schemas/coding.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { Rule } from '../../schemas/provision.ts';
import type { Policy } from '../consent/policy.ts';
import { standings } from '../consent/standing.ts';
import type { At, PatientRecord } from '../consent/state.ts';
import { patientStream } from '../record/streams.ts';
import type { LocalLog } from '../store/port.ts';

/**
 * The purposes for which the implicit policy permits once the patient is unknown, while a refusal stands now. Errs on
 * the side of naming too many: any refusal in force counts for every such purpose. Empty where unknown patients are
 * always denied, as they are by default (S7.2).
 */
const turnedToPermit = (
  record: PatientRecord,
  { settings: { implicitPolicy } }: Policy,
  now: Millis,
): readonly Coding[] => {
  if (!implicitPolicy.unknownPatients) return [];
  const inForce = standings(record.consents).filter(({ begins, ends }) => begins <= now && now < ends);
  const isRestricted = record.restrictions?.some(({ lifted }) => !lifted) ?? false;
  if (!isRestricted && !inForce.some(({ entry }) => refuses(entry.grant))) return [];
  return implicitPolicy.purposes
    .filter(({ decision }) => decision === 'permit')
    .map(({ purpose }) => purpose);
};

const refuses = ({
  otherwise,
  rules = [],
  unreadable,
}: Pick<ConsentGranted, 'otherwise' | 'rules' | 'unreadable'>) =>
  otherwise === 'deny' || unreadable !== undefined || rules.some(ruleRefuses);

/** An exception is the opposite of the rule it stands in, so either of the two refuses. */
const ruleRefuses = ({ type, exceptions = [] }: Rule): boolean => type === 'deny' || exceptions.length > 0;

/** What of a patient's record bears on the approval of a request. */
export interface Bearing {
  readonly recordRevision: number;
  readonly recordedSince: readonly Heard[];
  readonly turnedToPermit: readonly Coding[];
}

export const bearingOf = (
  record: PatientRecord,
  receivedAt: Millis,
  policy: Policy,
  now: Millis,
): Bearing => ({
  recordRevision: record.revision,
  recordedSince: recordedSince(record, receivedAt),
  turnedToPermit: turnedToPermit(record, policy, now),
});

/** What was recorded of a patient's wishes, and where. */
export interface Heard extends At {
  readonly what: 'consent' | 'restriction';
  readonly id: string;
}

/**
 * What was recorded after a request was received by which the person may no longer want it: consents, whatever their
 * standing, and restrictions of processing (GDPR Art. 18(1)(b): who opposes an erasure asks for that instead).
 */
const recordedSince = (
  { consents, restrictions = [] }: PatientRecord,
  receivedAt: Millis,
): readonly Heard[] => {
  const heard = (what: Heard['what'], id: string, { revision, recordedAt }: At): Heard[] =>
    recordedAt > receivedAt ? [{ what, id, revision, recordedAt }] : [];
  return [
    ...consents.flatMap((entry) => heard('consent', entry.grant.consentId, entry)),
    ...restrictions.flatMap((one) => heard('restriction', one.restrictionId, one)),
  ].toSorted((one, other) => one.revision - other.revision);
};

const slice = 1_000;

/** How many events of each type a patient's stream has; they stay, unreadable. */
export const eventsByType = (log: Pick<LocalLog, 'streamSlice'>, subject: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (let from = 0; ; from += slice) {
    const events = log.streamSlice(patientStream(subject), from, slice);
    for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
    if (events.length < slice) return counts;
  }
};
