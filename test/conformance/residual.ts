import type { Question, Residual } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { RuleType } from '../../schemas/provision.ts';
import type { Settings } from '../../schemas/settings.ts';
import { judgeRules, outcomeOf } from './oracle-rules.ts';

/** S7.7: applies a residual to the one item of a question as an asker would: by its rules (S3), else by `otherwise`. */
export const decideByResidual = (
  { rules, otherwise }: Residual,
  question: Question,
  settings: Settings,
  validAt: Millis,
): RuleType => {
  const item = question.items?.[0] ?? {};
  const outcomes = judgeRules(rules, { question, item, validAt, settings }, false).map(outcomeOf);
  if (outcomes.includes('deny')) return 'deny';
  return outcomes.includes('permit') ? 'permit' : otherwise;
};
