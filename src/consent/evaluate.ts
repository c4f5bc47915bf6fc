import { type Answer, algorithm, type Verdict } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import { breakTheGlass } from './break-glass.ts';
import { type Chorus, combine, heardOf, isWithheld, type Voice, type Voices, voicesOf } from './combine.ts';
import { knownAt } from './known.ts';
import { breakGlassKey, type Policy } from './policy.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
import { residualOf } from './residual.ts';
import { emptyRecord, type PatientRecord, type Restriction } from './state.ts';
import { met } from './truth.ts';
import { allObligations, basisOf, missingOf, permitObligations, verdict } from './verdict.ts';
import { type View, viewerOf } from './view.ts';

/**
 * Answers a question from a patient's record; `undefined`: there is none. Pure (S7.6): what is worked out once for
 * a record and a policy is kept beside them, and changes no answer. Its members stand in the order of RFC 8785,
 * which spares the log of answers the sorting.
 *
 * @throws RangeError where the record leaves out what the question needs (`settledBefore`)
 */
export function evaluate(
  record: PatientRecord = emptyRecord,
  question: ResolvedQuestion,
  policy: Policy,
): Answer {
  const { settledBefore } = record;
  if (settledBefore !== undefined && Math.min(question.validAt, question.knownAt) < settledBefore) {
    throw new RangeError('the record leaves out what this question needs');
  }
  if (record.erased) {
    const verdict: Verdict = { decision: 'deny', reason: 'unknown-patient', basis: [] };
    return answerWith(question, record.erased.revision, verdict);
  }
  const known = knownAt(record, question.knownAt);
  const restriction = restrictionAt(known, question.validAt);
  if (restriction) return answerWith(question, known.revision, restrictedBy(restriction, question));
  const view = viewerOf(known, policy)(question);
  return {
    algorithm,
    items: question.items.map((item) => {
      const voices = voicesOf(view.consents, question, item);
      return question.purpose === breakGlassKey
        ? breakTheGlass(known, voices, question, policy)
        : judgeItem(view, voices, question, item);
    }),
    knownAt: question.knownAtText,
    revision: known.revision,
    validAt: question.validAtText,
  };
}

/** The same verdict on every item. */
const answerWith = (
  { validAtText, knownAtText, items }: ResolvedQuestion,
  revision: number,
  verdict: Verdict,
): Answer => ({
  ...{ algorithm, validAt: validAtText, knownAt: knownAtText, revision },
  items: items.map(() => verdict),
});

/** The restriction of processing that stands at a moment, the first of several (S2.8). */
const restrictionAt = ({ restrictions }: PatientRecord, validAt: Millis): Restriction | undefined =>
  restrictions?.find(
    ({ recordedAt, lifted }) => recordedAt <= validAt && !(lifted && lifted.recordedAt <= validAt),
  );

/** It names itself by its revision; that the glass was broken in vain is still to be reviewed (S6.3). */
const restrictedBy = ({ revision }: Restriction, { purpose }: ResolvedQuestion): Verdict => ({
  ...{ decision: 'deny', reason: 'restricted', basis: [{ revision }] },
  ...(purpose === breakGlassKey && { review: true as const }),
});

function judgeItem(
  view: View,
  { all, notes }: Voices,
  question: ResolvedQuestion,
  item: ResolvedItem,
): Verdict {
  const heard = heardOf(all);
  const chorus = combine(heard, all);
  const missing = missingOf(notes);
  if ((chorus?.decision ?? view.implicit) === 'permit' && view.unreadable.length === 0) {
    const reason = chorus ? 'permitted' : 'implicit-policy';
    const given = chorus?.byRules ? chorus.leading.flatMap(({ trails }) => trails) : [];
    const basis = basisOf(heard);
    return verdict({ decision: 'permit', reason, basis }, permitObligations(given, notes), missing);
  }
  const left = residualOf(view, question, item);
  if (left) {
    const { basis, residual } = left;
    const conditional = { decision: 'conditional', reason: 'conditional', basis } as const;
    return { ...verdict(conditional, allObligations(notes), missing), residual };
  }
  const reason = denialReason(view, heard, all, chorus);
  const blocking = reason === 'missing-information' ? view.unreadable : [];
  return verdict({ decision: 'deny', reason, basis: [...basisOf(heard), ...blocking] }, [], missing);
}

/** Why it is denied, also where a permit is turned by an unreadable consent (S7.3, S2.7). */
function denialReason(
  view: View,
  heard: readonly Voice[],
  all: readonly Voice[],
  chorus: Chorus | undefined,
): Verdict['reason'] {
  const lost = !chorus?.byRules && heard.some((voice) => voice.lost || isWithheld(voice, heard, all));
  if (chorus?.decision === 'deny')
    return !lost && chorus.leading.some(isCertain) ? 'refused' : 'missing-information';
  if (chorus || lost || view.unreadable.length > 0) return 'missing-information';
  return view.implicit ? 'implicit-policy' : view.silence;
}

/** Whether a denial stands whatever the unknown may be (S3.3). */
const isCertain = ({ byRule, trails, consent }: Voice): boolean =>
  byRule ? trails.some(({ certain }) => certain > 0) : consent.about === met;
