import type { Residual, Verdict } from '../../schemas/decision.ts';
import type { Exception, RuleType } from '../../schemas/provision.ts';
import { limits } from './combine.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
import type { LiveRule } from './rule.ts';

import { notMet, unknown } from './truth.ts';
import type { LiveConsent, View } from './view.ts';

/**
 * What is left to be decided by an asker who enforces criteria of the item itself (S7.7), and the consents that it
 * comes of; absent where nothing is enforced, or nothing could be permitted.
 */
export function residualOf(
  view: View,
  question: ResolvedQuestion,
  item: ResolvedItem,
): { readonly residual: Residual; readonly basis: Verdict['basis'] } | undefined {
  if (question.enforces.size === 0 || view.unreadable.length > 0) return undefined;
  const parts = view.consents.map((consent) => ({
    consent,
    rules: leftOf(consent.rules, question, item),
  }));
  const otherwise = otherwiseOf(view);
  const free = parts.flatMap(({ consent, rules }) => {
    const isFree = isLimited(consent, view) ? onlyDenies : (left: Left) => !left.blurred || onlyDenies(left);
    return rules.filter(isFree);
  });
  const bound = parts.flatMap(({ rules }) => rules).filter((left) => !free.includes(left));
  const rules =
    otherwise === 'permit' ? [...free, ...bound] : free.map((left) => guarded(left, denialsOf(bound)));
  if (!mayPermit(rules, otherwise)) return undefined;
  return {
    residual: { rules: rules.map((left) => ({ type: left.type, ...written(left) })), otherwise },
    basis: parts.flatMap(
      ({ consent: { consentId, revision, otherwise: says }, rules: own }): Verdict['basis'] => {
        if (own.length > 0) return [{ consentId, revision, rules: own.map(({ path }) => path) }];
        return says ? [{ consentId, revision, otherwise: true }] : [];
      },
    ),
  };
}

/** A rule without what is decided already. */
interface Left {
  readonly type: RuleType;
  readonly path: string;
  /** The criteria that the asker enforces and that alone are unknown. */
  readonly criteria: Exception;
  /** Whether something else is unknown too: then it may deny, and permits nothing (S3.3). */
  readonly blurred: boolean;
  readonly exceptions: readonly Left[];
}

const onlyDenies = (left: Left): boolean => !outcomesOf(left).permit;

const leftOf = (rules: readonly LiveRule[], question: ResolvedQuestion, item: ResolvedItem): Left[] =>
  rules.flatMap((live) => leftOfRule(live, question, item) ?? []);

function leftOfRule(live: LiveRule, question: ResolvedQuestion, item: ResolvedItem): Left | undefined {
  const { type, path, source, criteria } = live.rule;
  let blurred = live.purpose === unknown;
  let kept: Exception = {};
  for (const { name, enforceable, judge } of criteria) {
    const truth = judge(question, item);
    if (truth === notMet) return undefined;
    if (truth !== unknown) continue;
    if (enforceable && question.enforces.has(enforceable)) kept = { ...kept, [name]: source[name] };
    else blurred = true;
  }
  const exceptions = leftOf(live.exceptions, question, item).flatMap((left) => withoutBlur(left) ?? []);
  return { type, path, criteria: kept, blurred, exceptions };
}

/**
 * An exception that is blurred: as a permit it is lost, and where it may deny it always does; as a denial it counts
 * as if it were met, and what it permits is what the rule around it says anyway.
 */
function withoutBlur(left: Left): Left | undefined {
  if (!left.blurred || left.type === 'deny') return left;
  return outcomesOf(left).deny ? { ...left, exceptions: [always('deny')] } : undefined;
}

const always = (type: RuleType, exceptions: readonly Left[] = []): Left => ({
  type,
  path: '',
  criteria: {},
  blurred: false,
  exceptions,
});

/** What holds where no rule has an outcome: by some consent, else by the implicit policy (S7.1). */
function otherwiseOf({ consents, implicit }: View): RuleType {
  const says = (type: RuleType) => consents.some(({ otherwise }) => otherwise === type);
  if (says('deny')) return 'deny';
  return says('permit') ? 'permit' : (implicit ?? 'deny');
}

/**
 * Whether the permits of a consent count for nothing: one signed later limits them, and where that one permits,
 * its own permit is enough (S7.1). Of an overlay form all are bound where one is, as any may be the one heard.
 */
function isLimited(consent: LiveConsent, { consents }: View): boolean {
  const formId = consent.overlay?.formId;
  const together =
    formId === undefined ? [consent] : consents.filter(({ overlay }) => overlay?.formId === formId);
  return together.some((one) => consents.some((other) => limits(other, one)));
}

/** The rule, permitting only where none of `denials` denies. */
function guarded(left: Left, denials: readonly Left[]): Left {
  const exceptions =
    left.type === 'permit'
      ? [...left.exceptions, ...denials]
      : left.exceptions.map((exception) => guarded(exception, denials));
  return { ...left, exceptions };
}

/** Exceptions to a permit that deny where one of these rules would, and have no other effect. */
function denialsOf(rules: readonly Left[]): Left[] {
  const denying = rules.filter((left) => outcomesOf(left).deny);
  const permits = denying.filter(({ type }) => type === 'permit');
  const denies = denying.filter(({ type }) => type === 'deny');
  return permits.length > 0 ? [...denies, always('deny', [always('permit'), ...permits])] : denies;
}

/** What a rule may come to, its criteria taken for independent of each other. */
interface Outcomes {
  readonly permit: boolean;
  readonly deny: boolean;
  readonly none: boolean;
}

function outcomesOf({ type, criteria, exceptions }: Left): Outcomes {
  const within = sideBySide(exceptions);
  return {
    permit: within.permit || (within.none && type === 'permit'),
    deny: within.deny || (within.none && type === 'deny'),
    none: Object.keys(criteria).length > 0,
  };
}

function sideBySide(rules: readonly Left[]): Outcomes {
  const outcomes = rules.map(outcomesOf);
  const avoidable = outcomes.every(({ permit, none }) => permit || none);
  return {
    permit: avoidable && outcomes.some(({ permit }) => permit),
    deny: outcomes.some(({ deny }) => deny),
    none: outcomes.every(({ none }) => none),
  };
}

function mayPermit(rules: readonly Left[], otherwise: RuleType): boolean {
  const { permit, none } = sideBySide(rules);
  return permit || (none && otherwise === 'permit');
}

const written = ({ criteria, exceptions }: Left): Exception => ({
  ...criteria,
  ...(exceptions.length > 0 && { exceptions: exceptions.map(written) }),
});
