import type { Coding } from '../../schemas/coding.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import type { Exception, Rule, RuleType } from '../../schemas/provision.ts';
import { type Criterion, compileCriteria } from './criteria.ts';
import { breakGlassKey, type Policy } from './policy.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
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

/** What came up on the way to the outcomes of rules. */
export interface Notes {
  /** The rules that were met or unknown and have obligations. */
  readonly obliging: { readonly rule: CompiledRule; readonly truth: Truth }[];
  /** Permits that the unknown took away, by their trails (S3.3). */
  readonly lost: Trail[];
  /** The attributes that made rules unknown. */
  readonly missing: string[];
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

/** Whether a rule is met (S3.1). */
export function judge(live: LiveRule, question: ResolvedQuestion, item: ResolvedItem): Truth {
  let truth: Truth = live.purpose;
  for (const criterion of live.criteria) {
    const one = criterion.judge(question, item);
    if (one === notMet) return notMet;
    if (one === unknown) truth = unknown;
  }
  return truth;
}

/** The outcome of a rule (S3.2, S3.3); absent where it is not met. */
export function hear(
  live: LiveRule,
  question: ResolvedQuestion,
  item: ResolvedItem,
  notes: Notes,
): Finding | undefined {
  const truth = judge(live, question, item);
  if (truth === notMet) return undefined;
  const { rule, exceptions } = live;
  if (rule.obligations.length > 0) notes.obliging.push({ rule, truth });
  if (truth === unknown) noteMissing(live, question, item, notes);

  if (exceptions.length === 0 && truth === met) return rule.own;
  const lostBefore = notes.lost.length;
  const within = hearAll(exceptions, question, item, notes);
  for (const trail of notes.lost.splice(lostBefore)) {
    notes.lost.push({ ...trail, rules: [rule, ...trail.rules] });
  }
  const ifMet = findingOf(rule, within);
  if (truth === met) return ifMet;
  if (ifMet.outcome === 'deny') return { ...ifMet, trails: ifMet.trails.map(uncertain) };
  notes.lost.push(...ifMet.trails);
  return lost;
}

/** The outcome of rules side by side: deny if one denies, else permit if one permits (S3.4). */
export function hearAll(
  rules: readonly LiveRule[],
  question: ResolvedQuestion,
  item: ResolvedItem,
  notes: Notes,
): Finding | undefined {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const finding = hear(rule, question, item, notes);
    if (finding !== undefined) findings.push(finding);
  }
  return findings.length > 1 ? sideBySide(findings) : findings[0];
}

function sideBySide(findings: readonly Finding[]): Finding {
  const has = (type: RuleType) => findings.some(({ outcome }) => outcome === type);
  const prevailing = has('deny') ? 'deny' : has('permit') ? 'permit' : undefined;
  const trails = findings
    .filter(({ outcome }) => outcome === prevailing)
    .flatMap((finding) => finding.trails);
  return { outcome: prevailing, trails, firm: findings.every(({ firm }) => firm) };
}

/** A rule's outcome if it is met: that of its exceptions, else its own type. */
function findingOf(rule: CompiledRule, within: Finding | undefined): Finding {
  const own = { outcome: rule.type, trails: [{ rules: [], certain: 0 }] };
  const { outcome, trails } = within?.outcome ? within : own;
  const least = rule.type === 'deny' && within?.firm !== false ? 1 : 0;
  const through = trails.map(({ rules, certain }) => ({
    rules: [rule, ...rules],
    certain: certain > 0 ? certain + 1 : least,
  }));
  return { outcome, trails: through, firm: through.some(({ certain }) => certain > 0) };
}

const lost: Finding = { outcome: undefined, trails: [], firm: false };

const uncertain = ({ rules }: Trail): Trail => ({ rules, certain: 0 });

function noteMissing(live: LiveRule, question: ResolvedQuestion, item: ResolvedItem, notes: Notes): void {
  if (live.purpose === unknown) notes.missing.push('purpose');
  for (const criterion of live.criteria) {
    if (criterion.judge(question, item) === unknown) notes.missing.push(...criterion.lacks(question));
  }
}
