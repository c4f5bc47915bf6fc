import type { Millis } from '../../schemas/instant.ts';
import { type Standing, standings } from '../consent/standing.ts';
import type { ConsentEntry, PatientEvent, PatientRecord } from '../consent/state.ts';
import type { Archive } from './record-codec.ts';

/**
 * What can no longer change an answer about now, told apart from what can. A patient of many years has thousands of
 * consents that were withdrawn, replaced or ran out; a question about today needs none of them.
 *
 * The law (test/record/settled.test.ts holds it against the evaluator): with W the time of the last event of the
 * whole record, the head answers every question with validAt >= W and knownAt >= W as the whole does, also after
 * each further event that `fits` it. Everything here errs on the side of the whole: what might matter stays in the
 * head, an event that might not fit does not.
 */
export interface Split {
  /** With `settledBefore` = W. */
  readonly head: PatientRecord;
  readonly archive: Archive;
}

/** Fewer settled facts than this cost less in the head than a split costs to make. */
const worthwhile = 256;

/** The head and the archive of a whole record; absent where fewer than `least` facts of it are settled. */
export const splitSettled = (record: PatientRecord, least = worthwhile): Split | undefined => {
  if (record.consents.length + record.emergencies.length < least) return undefined;
  const watermark = record.recordedAt;
  const latest = latestRevision(record);
  const settled = settledConsents(record.consents, watermark, latest);
  const [archived, consents] = partition(record.consents, ({ grant }) => settled.has(grant.consentId));
  const [over, emergencies] = partition(record.emergencies, ({ until }) => until <= watermark);
  if (archived.length + over.length < least) return undefined;
  return {
    head: { ...record, consents, emergencies, settledBefore: watermark },
    archive: { consents: archived, emergencies: over },
  };
};

/** Whether a head has gathered so much that is settled that a new split is due. */
export const splitIsDue = (head: PatientRecord): boolean => splitSettled(head) !== undefined;

/** The whole record of a head and the archive that belongs to it. */
export const joinSettled = (head: PatientRecord, archive: Archive): PatientRecord => {
  const { settledBefore: _, ...rest } = head;
  const byRevision = (one: { revision: number }, other: { revision: number }) =>
    one.revision - other.revision;
  return {
    ...rest,
    consents: [...archive.consents, ...head.consents].sort(byRevision),
    emergencies: [...archive.emergencies, ...head.emergencies].sort(byRevision),
  };
};

/** Whether a record can answer a question about these moments; a whole one can answer any. */
export const answers = (record: PatientRecord, validAt: Millis, knownAt: Millis): boolean =>
  record.settledBefore === undefined || (validAt >= record.settledBefore && knownAt >= record.settledBefore);

/**
 * Whether an event can be folded into a head without its archive: it touches nothing that was archived, and undoes
 * nothing for which something was archived.
 */
export const fits = (head: PatientRecord, event: PatientEvent): boolean => {
  const watermark = head.settledBefore;
  if (watermark === undefined) return true;
  switch (event.type) {
    case 'ConsentGranted': {
      // Signed later it is replaced by nothing archived (S2.4), and what it replaces ends after the watermark.
      const { signedAt, form, replaces } = event.payload;
      return Date.parse(signedAt) > watermark || (form === undefined && replaces === undefined);
    }
    case 'ConsentRevoked': {
      const entry = entryOf(head, event.payload.consentId);
      const { effectiveAt } = event.payload;
      const effect = effectiveAt === undefined ? event.recordedAt : Date.parse(effectiveAt);
      return entry !== undefined && effect > watermark;
    }
    case 'ConsentExpired':
      return entryOf(head, event.payload.consentId) !== undefined;
    case 'ConsentInvalidated':
      return false; // What it replaced stands again (S2.4).
    case 'EmergencyAccessDeclared':
    case 'RestrictionPlaced':
    case 'RestrictionLifted':
      return true; // Restrictions stay in the head.
    case 'PatientErased':
      return false; // It closes what is in the archive too.
  }
};

const entryOf = (record: PatientRecord, consentId: string): ConsentEntry | undefined =>
  record.consents.find(({ grant }) => grant.consentId === consentId);

/** The latest revision that a fact of the record was recorded at: what an answer as of then names (S7.5). */
const latestRevision = ({ consents, emergencies, restrictions = [] }: PatientRecord): number =>
  [
    ...consents.map(latestOf),
    ...emergencies.map(({ revision }) => revision),
    ...restrictions.map(({ revision, lifted }) => lifted?.revision ?? revision),
  ].reduce((latest, revision) => Math.max(latest, revision), -1);

const latestOf = ({ revision, revocations, invalidated, expired }: ConsentEntry): number =>
  Math.max(
    revision,
    revocations.at(-1)?.revision ?? -1,
    invalidated?.revision ?? -1,
    expired?.revision ?? -1,
  );

/** The ids of the consents that may leave the head. */
const settledConsents = (
  consents: readonly ConsentEntry[],
  watermark: Millis,
  latest: number,
): ReadonlySet<string> => {
  const began = standings(consents);
  const named = keptForReasons(consents, began, watermark);
  const last = consents.filter((entry) => latestOf(entry) === latest);
  const kept = new Set([...named, ...last].map(({ grant }) => grant.consentId));
  const ended = new Map(began.map((standing) => [standing.entry, standing]));
  const settled = new Set<string>();
  for (const entry of consents) {
    const { consentId } = entry.grant;
    if (!kept.has(consentId) && isOver(entry, ended.get(entry), watermark)) settled.add(consentId);
  }
  keepReplacersOfKept(consents, began, settled);
  return settled;
};

/**
 * Whether a consent is in force at no moment from the watermark on, whatever fitting event may come. One that ran
 * out stays until that is recorded, for the record of it would not fit. `standing`: absent where it never began.
 */
const isOver = (entry: ConsentEntry, standing: Standing | undefined, watermark: Millis): boolean => {
  const { signedAt, period } = entry.grant;
  if (Date.parse(signedAt) > watermark) return false;
  if (standing === undefined)
    return entry.invalidated !== undefined || Date.parse(period?.start ?? signedAt) <= watermark;
  return standing.ends <= watermark && (standing.ending !== 'expired' || entry.expired !== undefined);
};

/**
 * What names the reason where nothing is in force: what will begin, and of what has begun the last, ties going to
 * what was recorded later (S7.3, S1.4). And the latest grant, by which the patient is known (S7.2).
 */
const keptForReasons = (
  consents: readonly ConsentEntry[],
  began: readonly Standing[],
  watermark: Millis,
): readonly ConsentEntry[] => {
  const [past, ahead] = partition(began, ({ begins }) => begins <= watermark);
  const last = past.toSorted(
    (one, other) => one.begins - other.begins || one.entry.revision - other.entry.revision,
  );
  return [...ahead, ...last.slice(-1)].map(({ entry }) => entry).concat(consents.slice(-1));
};

/** Takes from `settled` all that might replace something outside: without it that would stand again (S2.4). */
const keepReplacersOfKept = (
  consents: readonly ConsentEntry[],
  began: readonly Standing[],
  settled: Set<string>,
): void => {
  for (let before = -1; before !== settled.size; ) {
    before = settled.size;
    const firstKept = new Map<string, Millis>();
    for (const { grant } of consents) {
      if (grant.form === undefined || settled.has(grant.consentId)) continue;
      const signedAt = Date.parse(grant.signedAt);
      firstKept.set(grant.form.formId, Math.min(signedAt, firstKept.get(grant.form.formId) ?? signedAt));
    }
    for (const { entry, signedAt } of began) {
      const { consentId, replaces, form } = entry.grant;
      const first = form?.combining === 'replacing' ? firstKept.get(form.formId) : undefined;
      const ofForm = first !== undefined && first <= signedAt;
      if (ofForm || replaces?.some((other) => !settled.has(other))) settled.delete(consentId);
    }
  }
};

const partition = <T>(values: readonly T[], belongs: (value: T) => boolean): [T[], T[]] => [
  values.filter(belongs),
  values.filter((value) => !belongs(value)),
];
