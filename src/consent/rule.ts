import type { Coding } from '../../schemas/coding.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import type { Exception, Rule, RuleType } from '../../schemas/provision.ts';
import { type Criterion, compileCriteria } from './criteria.ts';
import { breakGlassKey, type Policy } from './policy.ts';
import type { ResolvedQuestion } from './question.ts';
import { opposite } from './rules.ts';
import { holds, spanOf } from './time.ts';
import { codingKey } from './tree.ts';
import { any, met, notMet, type Truth, unknown } from './truth.ts';

/** A rule of a consent, ready to be judged; `source` is what was written. */
export interface CompiledRule {
  readonly type: RuleType;
  readonly path: string;
  readonly source: Exception;
  readonly obligations: readonly Coding[];
  readonly listsBreakGlass: boolean;
  readonly period: Span | undefined;
  readonly purposes: readonly string[] | undefined;
  readonly criteria: readonly Criterion[];
  readonly exceptions: readonly CompiledRule[];
  /** Its own type as an outcome, where nothing is unknown. */
  readonly own: Finding;
}

/** From a rule of a consent down to the one whose own type gave the outcome. */
export interface Trail {
  readonly rules: readonly CompiledRule[];
  /** Of a denial: how many of them, from the first, are the path by which it is certain (S3.3); else 0. */
  readonly certain: number;
}

/** The outcome of a rule, and by which trails; without one: a permit that the unknown took away (S3.3). */
export interface Finding {
  readonly outcome: RuleType | undefined;
  readonly trails: readonly Trail[];
  /** Whether, if the rule is met, it denies whatever else is unknown: then it could not permit. */
  readonly firm: boolean;
}

export const compileRules = (rules: readonly Rule[], policy: Policy): readonly CompiledRule[] =>
  rules.map((rule, index) => compileRule(rule, rule.type, `rules[${index}]`, policy));

function compileRule(source: Exception, type: RuleType, path: string, policy: Policy): CompiledRule {
  const purposes = source.purpose?.map(codingKey);
  const rule = {
    type,
    path,
    source,
    obligations: source.obligations ?? [],
    listsBreakGlass: purposes?.includes(breakGlassKey) ?? false,
    period: source.period && spanOf(source.period, policy.settings.timeZone),
    purposes,
    criteria: compileCriteria(source, type, policy),
    exceptions: (source.exceptions ?? []).map((exception, index) =>
      compileRule(exception, opposite(type), `${path}.exceptions[${index}]`, policy),
    ),
    own: { outcome: type, trails: [] as Trail[], firm: type === 'deny' },
  };
  rule.own.trails.push({ rules: [rule], certain: type === 'deny' ? 1 : 0 });
  return rule;
}

/** A rule at a moment, for a purpose and an action: what is left of it to be judged for each item. */
export interface LiveRule {
  readonly rule: CompiledRule;
  /** Whether the purpose is unknown to the rule or to its consent. */
  readonly purpose: typeof met | typeof unknown;
  /** Those of the rule; here too, as most rules are not met and nothing else of them is looked at. */
  readonly criteria: readonly Criterion[];
  readonly exceptions: readonly LiveRule[];
}

/** What a rule must speak of to be live. */
export interface Occasion {
  readonly validAt: Millis;
  readonly purpose: string;
  readonly action: ResolvedQuestion['action'];
}

/** The rules that are not ruled out by the occasion alone; `about`: whether their consent is about the purpose. */
export const liveRules = (
  rules: readonly CompiledRule[],
  occasion: Occasion,
  policy: Policy,
  about: typeof met | typeof unknown = met,
): readonly LiveRule[] =>
  rules.flatMap((rule) => {
    const { period, purposes, source, criteria } = rule;
    if (period && !holds(period, occasion.validAt)) return [];
    if (source.action && !source.action.includes(occasion.action)) return [];
    const purpose = purposes ? coversAny(purposes, occasion.purpose, policy) : met;
    if (purpose === notMet) return [];
    const exceptions = liveRules(rule.exceptions, occasion, policy);
    return [{ rule, purpose: about === met ? purpose : unknown, criteria, exceptions }];
  });

/** S6.1 over several listed purposes. */
export const coversAny = (listed: readonly string[], purpose: string, policy: Policy): Truth =>
  any(listed, (one) => policy.purposes.covers(one, purpose));
