import type { ClassCoding, Coding } from '../../schemas/coding.ts';
import type { Enforceable } from '../../schemas/decision.ts';
import type { Span } from '../../schemas/instant.ts';
import type { Exception, RuleType } from '../../schemas/provision.ts';
import { judgeLabels, listedByFamily } from './labels.ts';
import type { Policy } from './policy.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
import { spanOf } from './time.ts';
import { codingKey } from './tree.ts';
import { any, met, notMet, type Truth, truthOf, unknown } from './truth.ts';

/** A criterion of a rule that is judged for each item (S4). */
export interface Criterion {
  /** Its name in a rule. */
  readonly name: 'recipient' | 'custodian' | 'author' | 'class' | 'code' | 'data' | 'dataPeriod' | 'label';
  /** The attribute of the item that it asks for, which an asker may enforce itself (S7.7). */
  readonly enforceable?: Enforceable;
  readonly judge: (question: ResolvedQuestion, item: ResolvedItem) => Truth;
  /** Where it is unknown: the attributes that make it so. */
  readonly lacks: (question: ResolvedQuestion) => readonly string[];
}

/** The criteria of a rule that do not follow from the moment, purpose and action alone. */
export function compileCriteria(rule: Exception, type: RuleType, policy: Policy): readonly Criterion[] {
  const { recipient, custodian, author, class: classes, code, data, dataPeriod, label } = rule;
  return [
    recipient && recipientCriterion(recipient, policy),
    custodian && custodianCriterion(custodian, policy),
    classes && classCriterion(classes),
    label && labelCriterion(label, type, policy),
    code && codeCriterion(code),
    author && authorCriterion(author, policy),
    data && dataCriterion(data, policy),
    dataPeriod && dataPeriodCriterion(spanOf(dataPeriod, policy.settings.timeZone)),
  ].filter((criterion) => criterion !== undefined);
}

/** Whether one of a list is in a set that, where it is given, is complete (S4.1). */
const oneOf = (listed: readonly string[], given: ReadonlySet<string> | undefined): Truth =>
  given === undefined ? unknown : truthOf(listed.some((one) => given.has(one)));

function recipientCriterion(listed: NonNullable<Exception['recipient']>, policy: Policy): Criterion {
  const values = listed.map(({ reference, role }) => ({
    reference: reference === undefined ? undefined : policy.reference(reference),
    role: role && codingKey(role),
  }));
  type Asked = ResolvedQuestion['recipient'];
  const byReference = (reference: string | undefined, { reference: own, memberOf }: Asked): Truth =>
    reference === undefined || reference === own ? met : oneOf([reference], memberOf);
  const byRole = (role: string | undefined, { roles }: Asked): Truth =>
    role === undefined ? met : oneOf([role], roles);
  const judgeOne = ({ reference, role }: (typeof values)[number], asked: Asked) =>
    Math.min(byReference(reference, asked), byRole(role, asked)) as Truth;
  return {
    name: 'recipient',
    judge: ({ recipient }) => any(values, (value) => judgeOne(value, recipient)),
    lacks: ({ recipient }) =>
      values
        .filter((value) => judgeOne(value, recipient) === unknown)
        .flatMap(({ reference, role }) => [
          ...(byReference(reference, recipient) === unknown ? ['memberOf'] : []),
          ...(byRole(role, recipient) === unknown ? ['roles'] : []),
        ]),
  };
}

function custodianCriterion(listed: readonly string[], policy: Policy): Criterion {
  const custodians = new Set(listed.map(policy.reference));
  return {
    name: 'custodian',
    judge: ({ custodian }) => (custodian === undefined ? unknown : truthOf(custodians.has(custodian))),
    lacks: () => ['custodian'],
  };
}

function authorCriterion(listed: readonly string[], policy: Policy): Criterion {
  const authors = listed.map(policy.reference);
  return {
    name: 'author',
    enforceable: 'author',
    judge: (_, { author }) => oneOf(authors, author),
    lacks: () => ['author'],
  };
}

/** The system counts where the rule gives one; an item's class without one is then unknown (S4, `class`). */
function classCriterion(listed: readonly ClassCoding[]): Criterion {
  const matches = (wanted: ClassCoding, given: ClassCoding): Truth => {
    if (wanted.code !== given.code) return notMet;
    if (wanted.system === undefined) return met;
    return given.system === undefined ? unknown : truthOf(wanted.system === given.system);
  };
  return {
    name: 'class',
    enforceable: 'class',
    judge: (_, { class: classes }) =>
      classes === undefined
        ? unknown
        : any(listed, (wanted) => any(classes, (given) => matches(wanted, given))),
    lacks: () => ['class'],
  };
}

function codeCriterion(listed: readonly Coding[]): Criterion {
  const codes = listed.map(codingKey);
  return {
    name: 'code',
    enforceable: 'code',
    judge: (_, { code }) => oneOf(codes, code),
    lacks: () => ['code'],
  };
}

function dataCriterion(listed: NonNullable<Exception['data']>, policy: Policy): Criterion {
  const values = listed.map(({ reference, meaning }) => ({
    reference: policy.reference(reference),
    meaning,
  }));
  const judgeOne = ({ reference, meaning }: (typeof values)[number], item: ResolvedItem): Truth => {
    if (meaning === 'authoredby') return oneOf([reference], item.author);
    const itself = item.reference === undefined ? unknown : truthOf(item.reference === reference);
    return meaning === 'instance'
      ? itself
      : any([itself, oneOf([reference], item.related)], (truth) => truth);
  };
  return {
    name: 'data',
    enforceable: 'data',
    judge: (_, item) => any(values, (value) => judgeOne(value, item)),
    lacks: () => ['data'],
  };
}

/** Wholly in the period: met; partly: unknown. */
function dataPeriodCriterion(span: Span): Criterion {
  const bounds = ({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: Span) => ({
    from,
    until,
  });
  const period = bounds(span);
  return {
    name: 'dataPeriod',
    enforceable: 'dataPeriod',
    judge: (_, { time }) => {
      if (time === undefined) return unknown;
      const { from, until } = bounds(time);
      if (Math.max(from, period.from) >= Math.min(until, period.until)) return notMet;
      return period.from <= from && until <= period.until ? met : unknown;
    },
    lacks: () => ['dataPeriod'],
  };
}

function labelCriterion(label: readonly Coding[], type: RuleType, policy: Policy): Criterion {
  const listed = listedByFamily(label, policy);
  return {
    name: 'label',
    enforceable: 'labels',
    judge: (_, { labels }) => (labels === undefined ? unknown : judgeLabels(type, listed, labels, policy)),
    lacks: () => ['labels'],
  };
}
