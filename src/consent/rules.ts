import type { Coding } from '../../schemas/coding.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import { type Exception, maxRuleDepth, maxRules, type Rule, type RuleType } from '../../schemas/provision.ts';
import { type Failure, ok, type Result } from '../../schemas/result.ts';
import type { Policy } from './policy.ts';
import { resolvePeriod, spanOf } from './time.ts';

export const opposite = (type: RuleType): RuleType => (type === 'permit' ? 'deny' : 'permit');

/**
 * Rules as they go into the event: their periods resolved to instants (S1.1).
 *
 * @returns the first rule broken, with the JSON pointer of the member that breaks it: `rule-limit` (S3),
 * `purpose-system-unknown` (S6.1), `label-system-unknown` (S5), `invalid-request` (empty list, obligations of a
 * deny rule, a period that ends before it starts)
 */
export function settleRules(rules: readonly Rule[], policy: Policy): Result<Rule[]> {
  const failure = firstFailure(rules, policy);
  if (failure) return { ok: false, error: failure };
  const settle = <T extends Exception>(rule: T): T => ({
    ...rule,
    ...(rule.period && { period: resolvePeriod(rule.period, policy.settings.timeZone) }),
    ...(rule.dataPeriod && { dataPeriod: resolvePeriod(rule.dataPeriod, policy.settings.timeZone) }),
    ...(rule.exceptions && { exceptions: rule.exceptions.map(settle) }),
  });
  return ok(rules.map(settle));
}

/** A period as it goes into the event; `invalid-request` where it ends before it starts. */
export function settlePeriod(period: FhirPeriod, pointer: string, policy: Policy): Result<FhirPeriod> {
  const { timeZone } = policy.settings;
  const failure = periodFailure(period, pointer, timeZone);
  return failure ? { ok: false, error: failure } : ok(resolvePeriod(period, timeZone));
}

/** Purposes need a system that the tree knows (S6.1). */
export function purposeFailure(
  purposes: readonly Coding[] | undefined,
  pointer: string,
  policy: Policy,
): Failure | undefined {
  const stray = purposes?.findIndex(({ system }) => !policy.knowsPurposeSystem(system)) ?? -1;
  if (stray < 0) return undefined;
  return {
    code: 'purpose-system-unknown',
    detail: 'a purpose of this system needs configuration (S6.1)',
    pointer: `${pointer}/${stray}`,
  };
}

function firstFailure(rules: readonly Rule[], policy: Policy): Failure | undefined {
  let count = 0;
  const visit = (rule: Exception, type: RuleType, pointer: string, depth: number): Failure | undefined => {
    count += 1;
    if (depth > maxRuleDepth || count > maxRules) {
      return { code: 'rule-limit', detail: `at most ${maxRules} rules, ${maxRuleDepth} deep (S3)`, pointer };
    }
    const failure = ruleFailure(rule, type, pointer, policy);
    if (failure) return failure;
    return first(rule.exceptions, (exception, index) =>
      visit(exception, opposite(type), `${pointer}/exceptions/${index}`, depth + 1),
    );
  };
  return first(rules, (rule, index) => visit(rule, rule.type, `/rules/${index}`, 1));
}

function ruleFailure(rule: Exception, type: RuleType, pointer: string, policy: Policy): Failure | undefined {
  const invalid = (member: string, detail: string): Failure => ({
    code: 'invalid-request',
    detail,
    pointer: `${pointer}/${member}`,
  });
  const empty = Object.entries(rule).find(([, value]) => Array.isArray(value) && value.length === 0);
  if (empty) return invalid(empty[0], 'an empty list is refused (S3)');
  if (type === 'deny' && rule.obligations)
    return invalid('obligations', 'only a permit has obligations (S3)');
  const stray = rule.label?.findIndex(({ system }) => policy.labelFamily(system) === undefined) ?? -1;
  if (stray >= 0) {
    const detail = 'a label of this system needs configuration (S5)';
    return { code: 'label-system-unknown', detail, pointer: `${pointer}/label/${stray}` };
  }
  const { timeZone } = policy.settings;
  return (
    purposeFailure(rule.purpose, `${pointer}/purpose`, policy) ??
    periodFailure(rule.period, `${pointer}/period`, timeZone) ??
    periodFailure(rule.dataPeriod, `${pointer}/dataPeriod`, timeZone)
  );
}

function periodFailure(
  period: FhirPeriod | undefined,
  pointer: string,
  timeZone: string,
): Failure | undefined {
  if (!period) return undefined;
  const { from, until } = spanOf(period, timeZone);
  if (from === undefined || until === undefined || from < until) return undefined;
  return { code: 'invalid-request', detail: 'a period ends before it starts', pointer };
}

function first<T>(
  values: readonly T[] | undefined,
  find: (value: T, index: number) => Failure | undefined,
): Failure | undefined {
  for (const [index, value] of (values ?? []).entries()) {
    const failure = find(value, index);
    if (failure) return failure;
  }
  return undefined;
}
