import { answerCases, residualCases } from './cases/answers.ts';
import { labelCases, purposeCases } from './cases/labels-purposes.ts';
import { criterionCases, ruleCases } from './cases/rules.ts';
import { timeCases } from './cases/time.ts';
import type { Case } from './story.ts';

/**
 * Cases worked out by hand from SEMANTICS S1 to S7, by reading and not by running; each names the rule it is about.
 * Kept by every implementation of the algorithm.
 */
export const cases: readonly Case[] = [
  ...timeCases,
  ...ruleCases,
  ...criterionCases,
  ...labelCases,
  ...purposeCases,
  ...answerCases,
];

/** Of conditional answers (S7.7). */
export { residualCases };
