import type { Coding } from '../../schemas/coding.ts';
import { type Answer, algorithm, type Item, type Question, type Verdict } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { RuleType } from '../../schemas/provision.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import { combine, heardOf, holds, speakers, type Voice, withheld } from './oracle-combine.ts';
import { type Asked, bare } from './oracle-criteria.ts';
import type { Judged } from './oracle-rules.ts';
import { everBegins, inForce, type Known, knownConsents, replacedAt } from './oracle-standing.ts';
import { covered, knownEvents } from './oracle-time.ts';
import { breakGlass, mayMean, purposeTree, sameCode, stepsUp } from './oracle-trees.ts';

type Ground = Verdict['basis'][number];

/** What the known events hold, as far as every item of a question needs it. */
interface Scene {
  readonly known: readonly PatientEvent[];
  readonly consents: readonly Known[];
  readonly standing: readonly Known[];
}

/** S7.4: without doubles, in code order. */
const inCodeOrder = (obligations: readonly Coding[]): Coding[] =>
  obligations
    .filter((one, index) => obligations.findIndex((other) => sameCode(one, other)) === index)
    .toSorted((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : a.system < b.system ? -1 : 1));

const permitting = (rules: readonly Judged[]): readonly Coding[] =>
  rules.filter((rule) => rule.type === 'permit').flatMap((rule) => rule.obligations);

const lostObligations = (voice: Voice): readonly Coding[] => [
  ...permitting(voice.reached.filter((rule) => rule.state === 'unknown')),
  ...permitting(voice.lost.flat()),
];

/** S7.5: each consent that was heard, by rule paths or `otherwise`. */
const basisOf = (heard: readonly Voice[]): Ground[] =>
  heard.flatMap((voice): Ground[] => {
    const { grant, revision } = voice.consent;
    const named = { consentId: grant.consentId, revision };
    if (voice.byRule !== undefined)
      return [{ ...named, rules: voice.paths.map((path) => path.at(-1)?.path ?? '').toSorted() }];
    return voice.otherwise === undefined ? [] : [{ ...named, otherwise: true }];
  });

const missingOf = (heard: readonly Voice[]): string[] =>
  [...new Set(heard.flatMap((voice) => voice.reached.flatMap((rule) => rule.missing)))].toSorted();

/** S7.2: the nearest listed ancestor, deny among equals; who asks for what may mean a refused purpose is denied. */
const implicitPolicy = (purpose: Coding, settings: Settings): RuleType | undefined => {
  const tree = purposeTree(settings);
  const listed = settings.implicitPolicy.purposes.map((entry) => ({
    ...entry,
    steps: stepsUp(tree, purpose, entry.purpose),
  }));
  const refused = (entry: (typeof listed)[number]) =>
    entry.decision === 'deny' && entry.steps === Infinity && mayMean(tree, purpose, entry.purpose);
  if (listed.some(refused)) return 'deny';
  const nearest = Math.min(Infinity, ...listed.map((entry) => entry.steps));
  if (nearest === Infinity) return undefined;
  const equals = listed.filter((entry) => entry.steps === nearest).map((entry) => entry.decision);
  return equals.includes('deny') ? 'deny' : 'permit';
};

/** S7.3: why nothing stands: by the consent that began, or will begin, last. */
const whyNone = ({ consents }: Scene, validAt: Millis): Verdict['reason'] => {
  const begun = consents.filter((one) => everBegins(one, consents));
  const last = begun.toSorted((a, b) => a.begins - b.begins || a.revision - b.revision).at(-1);
  if (last === undefined) return 'no-consent';
  if (last.begins > validAt) return 'not-yet-valid';
  // What ended it first counts; to be replaced is no reason of its own, and the patient's own act as a revocation is.
  return Math.min(last.revokedAt, replacedAt(last, consents)) <= last.period.until ? 'revoked' : 'expired';
};

/** S7.1 to S7.5 for a purpose other than breaking the glass. */
const judgeItem = (asked: Asked, scene: Scene): Verdict => {
  const { consents, standing } = scene;
  const voices = speakers(standing, asked);
  const heard = heardOf(voices, asked.settings.timeZone);
  const missing = missingOf(voices);
  // S2.7: a document that stands but could not be understood.
  const unreadable = standing.filter((one) => one.grant.unreadable !== undefined);
  const named = unreadable.map((one) => ({ consentId: one.grant.consentId, revision: one.revision }));
  const verdict = (
    decision: RuleType,
    reason: Verdict['reason'],
    obligations: readonly Coding[] = [],
  ): Verdict => ({
    decision,
    reason,
    basis: [...basisOf(heard), ...(reason === 'missing-information' ? named : [])],
    ...(obligations.length > 0 ? { obligations: inCodeOrder(obligations) } : {}),
    ...(missing.length > 0 ? { missing } : {}),
  });
  const deny = (reason: Verdict['reason']) => verdict('deny', reason);
  const permit = (reason: Verdict['reason'], gave: readonly Voice[]) => {
    if (unreadable.length > 0) return deny('missing-information');
    const owed = gave.flatMap((voice) => permitting(voice.paths.flat()));
    return verdict('permit', reason, [...owed, ...voices.flatMap(lostObligations)]);
  };

  const { timeZone } = asked.settings;
  const { by, decision, voices: deciding } = combine(heard, voices, timeZone);
  if (decision === 'permit') return permit('permitted', deciding);
  if (by === 'rule')
    return deny(deciding.some((voice) => voice.certain.length > 0) ? 'refused' : 'missing-information');

  // From here on nothing permits or denies by rule (S7.3).
  const lost = heard.some(
    (voice) =>
      voice.lost.length > 0 ||
      (voice.byRule === 'permit' && holds(voice, heard) && withheld(voice, heard, voices, timeZone)),
  );
  if (by === 'otherwise')
    return deny(!lost && deciding.some((voice) => voice.about === 'met') ? 'refused' : 'missing-information');
  const isKnown = consents.length > 0;
  const implicit =
    isKnown || asked.settings.implicitPolicy.unknownPatients
      ? implicitPolicy(asked.question.purpose, asked.settings)
      : undefined;
  if (implicit === 'permit') return permit('implicit-policy', []);
  if (lost || unreadable.length > 0) return deny('missing-information');
  if (implicit === 'deny') return deny('implicit-policy');
  if (!isKnown) return deny('unknown-patient');
  return deny(standing.length > 0 ? 'not-covered' : whyNone(scene, asked.validAt));
};

/** S6.2, S6.3 */
const breakTheGlass = (asked: Asked, scene: Scene): Verdict => {
  const { question, settings, validAt } = asked;
  const voices = speakers(scene.standing, asked);
  const heard = heardOf(voices, settings.timeZone);
  const declared = scene.known.flatMap((event): Ground[] => {
    if (event.type !== 'EmergencyAccessDeclared') return [];
    const { recipient, from, until, declarationId } = event.payload;
    const begins = Math.max(event.recordedAt, from === undefined ? -Infinity : Date.parse(from));
    const named = bare(recipient, settings) === bare(question.recipient.reference, settings);
    return named && begins <= validAt && validAt < Date.parse(until)
      ? [{ declarationId, revision: event.revision }]
      : [];
  });
  const missing = missingOf(voices);
  const verdict = (
    decision: RuleType,
    reason: Verdict['reason'],
    obligations: readonly Coding[] = [],
  ): Verdict => ({
    decision,
    reason,
    basis: [...declared, ...basisOf(heard)],
    review: true,
    ...(obligations.length > 0 ? { obligations: inCodeOrder(obligations) } : {}),
    ...(missing.length > 0 ? { missing } : {}),
  });
  if (declared.length === 0) return verdict('deny', 'break-glass-undeclared');
  const listsIt = (path: readonly Judged[]) => path.some((rule) => rule.listsBreakGlass);
  const combined = combine(heard, voices, settings.timeZone);
  const permitted =
    settings.breakGlass === 'overrides'
      ? !heard.some((voice) => voice.certain.some(listsIt))
      : combined.by === 'rule' &&
        combined.decision === 'permit' &&
        combined.voices.some((voice) => voice.paths.some(listsIt));
  if (!permitted) return verdict('deny', 'break-glass-refused');
  // S7.4: those of every permit rule met or unknown.
  const rules = voices.flatMap((voice) => voice.reached).filter((rule) => rule.state !== 'not met');
  return verdict('permit', 'break-glass', permitting(rules));
};

/**
 * The answer by SEMANTICS S1 to S7.6, written from that text alone: naive, unoptimised, straight from the events,
 * so that it also checks the fold. What the asker `enforces` (S7.7) is not used: what a residual must keep to is a
 * law about these answers.
 */
export const oracle = (
  events: readonly PatientEvent[],
  question: Question,
  settings: Settings,
  now: Millis,
): Answer => {
  // S1.2: both times default to now; a knownAt that lies ahead is lowered.
  const at = (text: string | undefined) => (text === undefined ? now : covered(text, settings.timeZone).from);
  const validAt = at(question.validAt);
  const knownAt = Math.min(at(question.knownAt), now);
  const known = knownEvents(events, knownAt);
  const consents = knownConsents(known, settings.timeZone);
  const standing = consents.filter((one) => inForce(one, consents, validAt));
  // S4.1: no items is one item of which nothing is known; several are answered each for itself.
  const items: readonly Item[] = question.items ?? [{}];
  const answerItem = sameCode(question.purpose, breakGlass) ? breakTheGlass : judgeItem;
  return {
    algorithm,
    validAt: new Date(validAt).toISOString(),
    knownAt: new Date(knownAt).toISOString(),
    revision: known.at(-1)?.revision ?? -1,
    items: items.map((item) =>
      answerItem({ question, item, validAt, settings }, { known, consents, standing }),
    ),
  };
};
