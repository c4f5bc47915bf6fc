import type { Verdict } from '../../schemas/decision.ts';
import { combine, heardOf, type Voice, type Voices } from './combine.ts';
import type { Policy } from './policy.ts';
import type { ResolvedQuestion } from './question.ts';
import type { CompiledRule, Trail } from './rule.ts';
import type { PatientRecord } from './state.ts';
import { allObligations, basisOf, missingOf, verdict } from './verdict.ts';

/** The verdict on a question whose purpose is to break the glass (S6.2), marked for review (S6.3). */
export function breakTheGlass(
  record: PatientRecord,
  { all, notes }: Voices,
  question: ResolvedQuestion,
  policy: Policy,
): Verdict {
  const declared = record.emergencies.filter(
    ({ recipient, from, until }) =>
      policy.reference(recipient) === question.recipient.reference &&
      from <= question.validAt &&
      question.validAt < until,
  );
  const heard = heardOf(all);
  const declarations = declared.map(({ declarationId, revision }) => ({ declarationId, revision }));
  const basis = [...declarations, ...basisOf(heard)];
  const missing = missingOf(notes);
  const deny = (reason: Verdict['reason']) => verdict({ decision: 'deny', reason, basis }, [], missing);

  if (declared.length === 0) return { ...deny('break-glass-undeclared'), review: true };
  const refused = policy.settings.breakGlass === 'overrides' ? isForbidden(heard) : !isAllowed(heard, all);
  if (refused) return { ...deny('break-glass-refused'), review: true };
  const permit = { decision: 'permit', reason: 'break-glass', basis } as const;
  return { ...verdict(permit, allObligations(notes), missing), review: true };
}

/** `overrides`: a certain denial by a path with a rule that lists BTG; a blanket refusal is none. */
const isForbidden = (heard: readonly Voice[]): boolean =>
  heard.some(
    ({ byRule, trails }) =>
      byRule === 'deny' && trails.some(({ rules, certain }) => rules.slice(0, certain).some(listsBreakGlass)),
  );

/** `by-consent`: the rules permit, by a path that lists BTG. */
function isAllowed(heard: readonly Voice[], all: readonly Voice[]): boolean {
  const chorus = combine(heard, all);
  if (chorus?.decision !== 'permit' || !chorus.byRules) return false;
  return chorus.leading.some(({ trails }) => trails.some(({ rules }: Trail) => rules.some(listsBreakGlass)));
}

const listsBreakGlass = (rule: CompiledRule): boolean => rule.listsBreakGlass;
