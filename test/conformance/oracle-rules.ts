import type { Coding } from '../../schemas/coding.ts';
import type { Exception, Rule, RuleType } from '../../schemas/provision.ts';
import { type Asked, criteriaMet } from './oracle-criteria.ts';
import { breakGlass, type Kleene, sameCode } from './oracle-trees.ts';

/** A rule held against a question. A rule that is not met has no outcome, whatever stands in it (S3.2). */
export interface Judged {
  readonly path: string;
  readonly type: RuleType;
  readonly state: Kleene;
  readonly missing: readonly string[];
  readonly obligations: readonly Coding[];
  readonly listsBreakGlass: boolean;
  readonly exceptions: readonly Judged[];
}

/** From a rule of a consent down to the one that spoke. */
export type Path = readonly Judged[];

const opposite = (type: RuleType): RuleType => (type === 'permit' ? 'deny' : 'permit');

const judge = (rule: Exception, type: RuleType, path: string, asked: Asked, unknown: boolean): Judged => {
  const found = criteriaMet(rule, type, asked);
  // S3: a question above a purpose of the consent makes its rules unknown.
  const state = unknown && found.state === 'met' ? 'unknown' : found.state;
  return {
    path,
    type,
    state,
    missing: unknown && state === 'unknown' ? [...found.missing, 'purpose'] : found.missing,
    obligations: rule.obligations ?? [],
    listsBreakGlass: rule.purpose?.some((purpose) => sameCode(purpose, breakGlass)) ?? false,
    exceptions: (rule.exceptions ?? []).map((exception, index) =>
      judge(exception, opposite(type), `${path}.exceptions[${index}]`, asked, false),
    ),
  };
};

/** The rules of one consent; `unknown` where the question stands above the purposes of that consent. */
export const judgeRules = (rules: readonly Rule[], asked: Asked, unknown: boolean): readonly Judged[] =>
  rules.map((rule, index) => judge(rule, rule.type, `rules[${index}]`, asked, unknown));

/** S3.2: the outcome of a rule that is met, or taken as if it were. */
const asIfMet = (rule: Judged): RuleType => {
  const outcomes = rule.exceptions.map(outcomeOf);
  if (outcomes.includes('deny')) return 'deny';
  return outcomes.includes('permit') ? 'permit' : rule.type;
};

/** S3.2, S3.3: a rule that is unknown keeps a deny and loses anything else. */
export const outcomeOf = (rule: Judged): RuleType | undefined => {
  if (rule.state === 'not met') return undefined;
  const outcome = asIfMet(rule);
  return rule.state === 'unknown' && outcome === 'permit' ? undefined : outcome;
};

const below = (rule: Judged, paths: (exception: Judged) => readonly Path[]): readonly Path[] =>
  rule.exceptions.flatMap(paths).map((path) => [rule, ...path]);

/** The paths by which a rule, as if met, comes to its outcome (S3.2). */
const pathsAsIfMet = (rule: Judged): readonly Path[] => {
  const outcome = asIfMet(rule);
  if (!rule.exceptions.some((exception) => outcomeOf(exception) !== undefined)) return [[rule]];
  return below(rule, (exception) => (outcomeOf(exception) === outcome ? pathsAsIfMet(exception) : []));
};

/** The paths by which a rule has its outcome; none where it has none. */
export const pathsOf = (rule: Judged): readonly Path[] => (outcomeOf(rule) ? pathsAsIfMet(rule) : []);

/** S3.3: the paths of the permits that were lost, on this rule or within it. */
export const lostPaths = (rule: Judged): readonly Path[] => {
  if (rule.state === 'not met') return [];
  const own = rule.state === 'unknown' && asIfMet(rule) === 'permit' ? pathsAsIfMet(rule) : [];
  return [...own, ...below(rule, lostPaths)];
};

/** Whatever what is unknown turns out to be, each on its own: the outcomes that a rule may come to. */
const possible = (rule: Judged): ReadonlySet<RuleType | 'none'> => {
  if (rule.state === 'not met') return new Set(['none'] as const);
  const each = rule.exceptions.map(possible);
  const mayDeny = each.some((outcomes) => outcomes.has('deny'));
  const mayBeSilent = each.every((outcomes) => outcomes.has('none'));
  const needNotDeny = each.every((outcomes) => outcomes.has('none') || outcomes.has('permit'));
  const mayPermit = each.some((outcomes) => outcomes.has('permit'));
  const outcomes = new Set<RuleType | 'none'>();
  if (rule.state === 'unknown') outcomes.add('none');
  if (mayDeny || (rule.type === 'deny' && mayBeSilent)) outcomes.add('deny');
  if (needNotDeny && (mayPermit || (rule.type === 'permit' && mayBeSilent))) outcomes.add('permit');
  return outcomes;
};

/** S3.3: the paths of denials that come of a met deny rule none of whose exceptions could permit. */
export const certainPaths = (rule: Judged): readonly Path[] => {
  if (rule.state !== 'met') return [];
  const own = rule.type === 'deny' && !rule.exceptions.some((exception) => possible(exception).has('permit'));
  return [...(own ? [[rule]] : []), ...below(rule, certainPaths)];
};

/** Every rule that was come to: itself and, unless it is not met, those within it. */
export const reached = (rule: Judged): readonly Judged[] =>
  rule.state === 'not met' ? [rule] : [rule, ...rule.exceptions.flatMap(reached)];
