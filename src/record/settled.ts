import type { Millis } from '../../schemas/instant.ts';
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

/** The head and the archive of a whole record; absent where too little of it is settled. */
export const splitSettled = (record: PatientRecord): Split | undefined => {
  const watermark = record.recordedAt;
  const settled = settledConsents(record.consents, watermark);
  const over = record.emergencies.filter(({ until }) => until <= watermark);
  if (settled.size + over.length < worthwhile) return undefined;
  const [archived, kept] = partition(record.consents, ({ grant }) => settled.has(grant.consentId));
  const emergencies = record.emergencies.filter(({ until }) => until > watermark);
  return {
    head: { ...record, consents: kept, emergencies, settledBefore: watermark },
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
      return true;
  }
};

const entryOf = (record: PatientRecord, consentId: string): ConsentEntry | undefined =>
  record.consents.find(({ grant }) => grant.consentId === consentId);

/** A consent with its moments (S1.1, S2.1). */
interface Timed {
  readonly entry: ConsentEntry;
  readonly id: string;
  readonly signedAt: Millis;
  readonly begin: Millis;
  readonly until: Millis;
  /** When it ends what it replaces, if it does (S2.4). */
  readonly effect: Millis;
  /** The form under which it replaces and is replaced; absent under forms of another combining. */
  readonly form: string | undefined;
}

const timed = (entry: ConsentEntry): Timed => {
  const { consentId, signedAt: signed, period, retroactive, form } = entry.grant;
  const signedAt = Date.parse(signed);
  const start = period?.start === undefined ? signedAt : Date.parse(period.start);
  const begin = retroactive ? start : Math.max(signedAt, start);
  return {
    entry,
    id: consentId,
    signedAt,
    begin,
    until: period?.end === undefined ? Number.POSITIVE_INFINITY : Date.parse(period.end) + 1,
    effect: Math.max(begin, signedAt),
    form: form?.combining === 'replacing' ? form.formId : undefined,
  };
};

/** The ids of the consents that may leave the head. */
const settledConsents = (entries: readonly ConsentEntry[], watermark: Millis): ReadonlySet<string> => {
  const consents = entries.map(timed);
  const began = consents.filter(surelyBegan(consents));
  const over = overBy(watermark, began);
  const kept = keptForReasons(consents, began, watermark);
  const settled = new Set(consents.filter((one) => over(one) && !kept.has(one.id)).map(({ id }) => id));
  keepReplacersOfKept(consents, settled);
  return settled;
};

/** Of these it is certain that they began, and so may have replaced others (S2.4): the rest may or may not have. */
const surelyBegan = (consents: readonly Timed[]): ((one: Timed) => boolean) => {
  const firstReplaced = new Map<string, Millis>();
  const signedTogether = new Map<string, number>();
  for (const { entry, effect, form, signedAt } of consents) {
    for (const id of entry.grant.replaces ?? [])
      firstReplaced.set(id, Math.min(effect, firstReplaced.get(id) ?? effect));
    const together = `${signedAt} ${form}`;
    signedTogether.set(together, (signedTogether.get(together) ?? 0) + 1);
  }
  return ({ entry, id, begin, until, signedAt, form }) =>
    entry.invalidated === undefined &&
    begin < until &&
    entry.revocations.every(({ effectiveAt }) => effectiveAt > begin) &&
    (firstReplaced.get(id) ?? Number.POSITIVE_INFINITY) > begin &&
    (form === undefined || (begin === signedAt && signedTogether.get(`${signedAt} ${form}`) === 1));
};

/** Whether a consent is in force at no moment from the watermark on, whatever fitting event may come. */
const overBy = (watermark: Millis, began: readonly Timed[]): ((one: Timed) => boolean) => {
  const replaced = new Set<string>();
  const formReplaced = new Map<string, Millis>();
  for (const { entry, effect, form, signedAt } of began) {
    if (effect > watermark) continue;
    for (const id of entry.grant.replaces ?? []) replaced.add(id);
    if (form !== undefined) formReplaced.set(form, Math.max(signedAt, formReplaced.get(form) ?? signedAt));
  }
  return ({ entry, id, signedAt, until, form }) =>
    signedAt <= watermark &&
    (entry.invalidated !== undefined ||
      entry.revocations.some(({ effectiveAt }) => effectiveAt <= watermark) ||
      (entry.expired !== undefined && until <= watermark) ||
      replaced.has(id) ||
      (form !== undefined && signedAt < (formReplaced.get(form) ?? Number.NEGATIVE_INFINITY)));
};

/**
 * What names the reason where nothing is in force: whatever began no earlier than the last that surely began
 * (S7.3). And the latest grant, by which the patient is known (S7.2).
 */
const keptForReasons = (
  consents: readonly Timed[],
  began: readonly Timed[],
  watermark: Millis,
): ReadonlySet<string> => {
  const past = began.filter(({ begin }) => begin <= watermark);
  const last = past.reduce((latest, { begin }) => Math.max(latest, begin), Number.NEGATIVE_INFINITY);
  const named = consents.filter(({ entry, begin }) => entry.invalidated === undefined && begin >= last);
  return new Set([...named, ...consents.slice(-1)].map(({ id }) => id));
};

/** Takes from `settled` all that might replace something outside: without it that would stand again. */
const keepReplacersOfKept = (consents: readonly Timed[], settled: Set<string>): void => {
  const replacers = consents.filter(({ entry }) => entry.invalidated === undefined);
  for (let before = -1; before !== settled.size; ) {
    before = settled.size;
    const firstKept = new Map<string, Millis>();
    for (const { id, entry, signedAt } of consents) {
      const form = entry.grant.form?.formId;
      if (form === undefined || settled.has(id)) continue;
      firstKept.set(form, Math.min(signedAt, firstKept.get(form) ?? signedAt));
    }
    for (const { id, entry, signedAt, form } of replacers) {
      const named = (entry.grant.replaces ?? []).some((other) => !settled.has(other));
      const ofForm = form !== undefined && (firstKept.get(form) ?? Number.POSITIVE_INFINITY) <= signedAt;
      if (named || ofForm) settled.delete(id);
    }
  }
};

const partition = <T>(values: readonly T[], belongs: (value: T) => boolean): [T[], T[]] => [
  values.filter(belongs),
  values.filter((value) => !belongs(value)),
];
