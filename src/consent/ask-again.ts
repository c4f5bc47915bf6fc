import canonicalize from 'canonicalize';
import type { Answer } from '../../schemas/decision.ts';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { evaluate } from './evaluate.ts';
import type { Policy } from './policy.ts';
import { resolveQuestion } from './question.ts';
import type { PatientRecord } from './state.ts';

/**
 * The answer to a logged question, worked out again with the effective times of the logged one, from a record that
 * ends where that answer rested and under the policy it was given under (SEMANTICS S1.2, S7.6). Times that were asked
 * for hold: a logged answer about another moment, or by later knowledge, comes out as another. `undefined`: there is no
 * record.
 */
export const askAgain = (
  { question, answer }: DecisionEntry,
  record: PatientRecord | undefined,
  policy: Policy,
): Result<Answer> => {
  const known = Date.parse(answer.knownAt);
  const asked = { ...question, validAt: question.validAt ?? answer.validAt };
  const resolved = resolveQuestion(asked, policy, known, known);
  return resolved.ok ? ok(evaluate(record, resolved.value, policy)) : resolved;
};

/** Whether two answers say the same as JSON: without members that are undefined. */
export const isSameAnswer = (one: Answer, other: Answer): boolean =>
  canonicalize(one) === canonicalize(other);
