import assert from 'node:assert/strict';
import type { Answer, Question } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { Result } from '../../schemas/result.ts';
import type { Settings } from '../../schemas/settings.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { fold } from '../../src/consent/evolve.ts';
import { compilePolicy, type Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent } from '../../src/consent/state.ts';

const policies = new WeakMap<Settings, Policy>();

const unwrap = <T>(result: Result<T>): T => {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.detail}`);
  return result.value;
};

const policyOf = (settings: Settings): Policy => {
  const policy = policies.get(settings) ?? unwrap(compilePolicy(settings));
  policies.set(settings, policy);
  return policy;
};

/** What src/consent answers, from the events: fold, then evaluate; the same signature as the oracle. */
export const ledger = (
  events: readonly PatientEvent[],
  question: Question,
  settings: Settings,
  now: Millis,
): Answer => {
  const policy = policyOf(settings);
  const record = events.length === 0 ? undefined : fold(emptyRecord, events);
  return evaluate(record, unwrap(resolveQuestion(question, policy, now)), policy);
};
