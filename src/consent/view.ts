import type { Reason } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { RuleType } from '../../schemas/provision.ts';
import { type CompiledGrant, compiled, memoized } from './compiled.ts';
import type { Policy } from './policy.ts';
import { coversAny, type LiveRule, liveRules, type Occasion } from './rule.ts';
import { type Ending, type Standing, standings } from './standing.ts';
import type { PatientRecord } from './state.ts';
import { dayOf } from './time.ts';
import { met, notMet, unknown } from './truth.ts';

/** A consent in force that may speak on this occasion, with what is left of its rules. */
export interface LiveConsent {
  readonly consentId: string;
  readonly revision: number;
  readonly standing: Standing;
  readonly rules: readonly LiveRule[];
  /** What it says of all that its rules do not speak of, as far as that counts (S3). */
  readonly otherwise: RuleType | undefined;
  /** Whether it is about the purpose, or may be (S3). */
  readonly about: typeof met | typeof unknown;
  /** The form whose consents overlay one another, and the local day on which it began (S7.1). */
  readonly overlay: { readonly formId: string; readonly day: number } | undefined;
}

/** All of a record that bears on one occasion, whatever the recipient and the items. */
export interface View {
  readonly consents: readonly LiveConsent[];
  /** Those in force that could not be read (S2.7). */
  readonly unreadable: readonly { readonly consentId: string; readonly revision: number }[];
  /** What holds where none speaks; absent: it is denied for `silence` (S7.2). */
  readonly implicit: RuleType | undefined;
  readonly silence: Reason;
}

/** Looks at one record under one policy; what does not depend on the question is worked out once. */
export type Viewer = (occasion: Occasion) => View;

const viewers = new WeakMap<Policy, WeakMap<PatientRecord, Viewer>>();

export const viewerOf = (record: PatientRecord, policy: Policy): Viewer =>
  memoized(viewers, policy, record, () => openViewer(record, policy));

/** As many views as a segment keeps: an asker may name any purpose. */
const maxViews = 64;

/** A stretch of time in which the same consents are in force, and the same of their rules by period. */
interface Segment {
  readonly from: Millis;
  readonly until: Millis;
  readonly inForce: readonly InForce[];
  readonly views: Map<string, Map<string, View>>;
}

/** A consent in force, its grant compiled. */
interface InForce {
  readonly standing: Standing;
  readonly grant: CompiledGrant;
}

/** Most questions are about now: the segment that was asked for last is kept. */
function openViewer(record: PatientRecord, policy: Policy): Viewer {
  const all = standings(record.consents);
  let segment: Segment | undefined;
  return (occasion) => {
    const { validAt, purpose, action } = occasion;
    if (!segment || validAt < segment.from || validAt >= segment.until) {
      segment = segmentAt(all, validAt, policy);
    }
    const byAction = segment.views.get(action) ?? new Map<string, View>();
    const kept = byAction.get(purpose);
    if (kept) return kept;
    const silence = () => silenceOf(record, all, occasion.validAt);
    const view = viewOf(segment.inForce, occasion, policy, silence, record.consents.length > 0);
    if (byAction.size >= maxViews) byAction.clear();
    segment.views.set(action, byAction.set(purpose, view));
    return view;
  };
}

function segmentAt(all: readonly Standing[], validAt: Millis, policy: Policy): Segment {
  const inForce = all
    .filter(({ begins, ends }) => begins <= validAt && validAt < ends)
    .map((standing) => ({ standing, grant: compiled(standing.entry.grant, policy) }));
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  const turn = (at: Millis) => {
    if (at <= validAt) from = Math.max(from, at);
    else until = Math.min(until, at);
  };
  for (const { begins, ends } of all) {
    turn(begins);
    turn(ends);
  }
  for (const { grant } of inForce) grant.turns.forEach(turn);
  return { from, until, inForce, views: new Map() };
}

function viewOf(
  inForce: readonly InForce[],
  occasion: Occasion,
  policy: Policy,
  silence: () => Reason,
  isKnown: boolean,
): View {
  const nameOf = ({ entry }: Standing) => ({ consentId: entry.grant.consentId, revision: entry.revision });
  const unread = inForce.filter(({ standing }) => standing.entry.grant.unreadable);
  const holdsImplicitly = isKnown || policy.settings.implicitPolicy.unknownPatients;
  return {
    consents: inForce.flatMap((each) => liveConsent(each, occasion, policy) ?? []),
    unreadable: unread.map(({ standing }) => nameOf(standing)),
    implicit: holdsImplicitly ? policy.implicit(occasion.purpose) : undefined,
    silence: inForce.length > 0 ? 'not-covered' : silence(),
  };
}

function liveConsent(
  { standing, grant: { rules, purposes } }: InForce,
  occasion: Occasion,
  policy: Policy,
): LiveConsent | undefined {
  const { grant, revision } = standing.entry;
  const about = purposes ? coversAny(purposes, occasion.purpose, policy) : met;
  if (about === notMet || grant.unreadable) return undefined;
  const { form, otherwise, consentId } = grant;
  const live = liveRules(rules, occasion, policy, about);
  const counting = about === unknown && otherwise === 'permit' ? undefined : otherwise;
  if (live.length === 0 && counting === undefined) return undefined;
  return {
    consentId,
    revision,
    standing,
    rules: live,
    otherwise: counting,
    about,
    overlay:
      form?.combining === 'overlay'
        ? { formId: form.formId, day: dayOf(standing.begins, policy.settings.timeZone) }
        : undefined,
  };
}

const endings = { expired: 'expired', revoked: 'revoked', replaced: 'revoked' } as const satisfies Record<
  Ending,
  Reason
>;

/** Why nothing is in force: by the consent that began, or will begin, last (S7.3). */
function silenceOf(record: PatientRecord, all: readonly Standing[], validAt: Millis): Reason {
  if (record.consents.length === 0) return 'unknown-patient';
  const last = all.reduce<Standing | undefined>(
    (latest, one) => (latest && beganLater(latest, one) ? latest : one),
    undefined,
  );
  if (!last) return 'no-consent';
  return last.begins > validAt ? 'not-yet-valid' : endings[last.ending];
}

const beganLater = (a: Standing, b: Standing): boolean =>
  a.begins > b.begins || (a.begins === b.begins && a.entry.revision > b.entry.revision);
