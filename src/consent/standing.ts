import type { Millis } from '../../schemas/instant.ts';
import type { ConsentEntry } from './state.ts';
import { spanOf } from './time.ts';

/** Why a consent no longer stands; `replaced`: by what the patient signed later (S2.4). */
export type Ending = 'revoked' | 'replaced' | 'expired';

/** When a consent stands, by its entry and those beside it: `begins <= t < ends` (S2.1). */
export interface Standing {
  readonly entry: ConsentEntry;
  readonly signedAt: Millis;
  readonly begins: Millis;
  /** Infinity where nothing ends it. */
  readonly ends: Millis;
  readonly ending: Ending;
}

/** By signing; ties go to what was recorded later (S1.4). */
export const signedLater = (a: Signed, b: Signed): boolean =>
  a.signedAt > b.signedAt || (a.signedAt === b.signedAt && a.entry.revision > b.entry.revision);
type Signed = Pick<Standing, 'entry' | 'signedAt'>;

/**
 * When each consent stands that ever began or will begin, by all of `consents` (S2). What was invalidated, or
 * revoked or replaced with effect at or before its beginning, or whose period is empty, never began (S2.4).
 */
export function standings(consents: readonly ConsentEntry[]): Standing[] {
  const candidates = consents.map(candidateOf).filter((candidate) => candidate !== undefined);
  const replacersOf = indexReplacers(candidates);
  const inTurn = candidates.toSorted((a, b) => a.moment - b.moment || b.entry.revision - a.entry.revision);
  for (const candidate of inTurn) decideBeginning(candidate, replacersOf);
  return candidates.filter(({ began }) => began).map((candidate) => settle(candidate, replacersOf));
}

/** A consent that began unless another one replaced it first. */
interface Candidate extends Signed {
  readonly begins: Millis;
  /** When it ends what it replaces: when it begins, but not before it was signed (S2.4). */
  readonly moment: Millis;
  readonly revokedAt: Millis;
  readonly expiresAt: Millis;
  began?: boolean;
}

function candidateOf(entry: ConsentEntry): Candidate | undefined {
  const { grant, revocations } = entry;
  const signedAt = Date.parse(grant.signedAt);
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = spanOf(
    grant.period ?? {},
    'UTC',
  );
  const begins = grant.retroactive ? from : Math.max(signedAt, from);
  const revokedAt = revocations.reduce((least, { effectiveAt }) => Math.min(least, effectiveAt), Infinity);
  if (entry.invalidated || until <= begins || revokedAt <= begins) return undefined;
  return { entry, signedAt, begins, moment: Math.max(begins, signedAt), revokedAt, expiresAt: until };
}

/**
 * Candidates that replace one if they begin. Those signed later than `signedBy()` may be left out: it is asked anew
 * for each, so that who looks for the earliest need not see all.
 */
type ReplacersOf = (replaced: Candidate, signedBy: () => Millis) => IteratorObject<Candidate>;

function indexReplacers(candidates: readonly Candidate[]): ReplacersOf {
  const naming = new Map<string, Candidate[]>();
  const underForm = new Map<string, Candidate[]>();
  const add = (index: Map<string, Candidate[]>, key: string, candidate: Candidate) => {
    const there = index.get(key);
    if (there) there.push(candidate);
    else index.set(key, [candidate]);
  };
  for (const candidate of candidates) {
    const { replaces, form } = candidate.entry.grant;
    for (const consentId of replaces ?? []) add(naming, consentId, candidate);
    if (form?.combining === 'replacing') add(underForm, form.formId, candidate);
  }
  for (const [formId, signed] of underForm) {
    underForm.set(
      formId,
      signed.toSorted((a, b) => (signedLater(a, b) ? 1 : -1)),
    );
  }
  return function* (replaced, signedBy) {
    const { consentId, form } = replaced.entry.grant;
    yield* naming.get(consentId) ?? [];
    const signed = underForm.get(form?.formId ?? '') ?? [];
    for (let place = firstSignedLater(signed, replaced); place < signed.length; place++) {
      const candidate = signed[place];
      if (!candidate || candidate.signedAt > signedBy()) return;
      yield candidate;
    }
  };
}

/** By bisection, as a patient may sign the same form thousands of times. */
function firstSignedLater(signed: readonly Candidate[], than: Candidate): number {
  let low = 0;
  let high = signed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (signedLater(signed[middle]!, than)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Decides whether a candidate began: not where one that began itself replaced it by then. */
function decideBeginning(candidate: Candidate, replacersOf: ReplacersOf): boolean {
  candidate.began ??= !replacersOf(candidate, () => candidate.begins).some(
    (replacer) => preempts(replacer, candidate, replacersOf) && decideBeginning(replacer, replacersOf),
  );
  return candidate.began;
}

/** Of those that replace each other at one moment, two or a ring, the later recorded stands (S2.4). */
function preempts(replacer: Candidate, candidate: Candidate, replacersOf: ReplacersOf): boolean {
  if (replacer.moment > candidate.begins) return false;
  if (replacer.moment < candidate.moment || replacer.entry.revision > candidate.entry.revision) return true;
  return !replacesInTurn(candidate, replacer, replacersOf, new Set());
}

/** Whether a candidate replaces another at one moment with it, itself or through those in between. */
function replacesInTurn(
  candidate: Candidate,
  replaced: Candidate,
  replacersOf: ReplacersOf,
  seen: Set<Candidate>,
): boolean {
  return replacersOf(replaced, () => replaced.moment).some((replacer) => {
    if (replacer === candidate) return true;
    if (replacer.moment !== replaced.moment || seen.has(replacer)) return false;
    return replacesInTurn(candidate, replacer, replacersOf, seen.add(replacer));
  });
}

function settle(candidate: Candidate, replacersOf: ReplacersOf): Standing {
  const { entry, signedAt, begins, revokedAt, expiresAt } = candidate;
  let replacedAt = Number.POSITIVE_INFINITY;
  for (const { began, moment } of replacersOf(candidate, () => replacedAt)) {
    if (began && moment > begins) replacedAt = Math.min(replacedAt, moment);
  }
  const ends = Math.min(revokedAt, replacedAt, expiresAt);
  const ending = ends === revokedAt ? 'revoked' : ends === replacedAt ? 'replaced' : 'expired';
  return { entry, signedAt, begins, ends, ending };
}
