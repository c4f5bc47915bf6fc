import type { Action, ClassCoding, Coding } from '../../schemas/coding.ts';
import type { Enforceable, Item, Question } from '../../schemas/decision.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { type FamilyLabels, labelsByFamily } from './labels.ts';
import type { Policy } from './policy.ts';
import { dateTimeSpan, instantOf, isoOf, spanOf } from './time.ts';
import { codingKey } from './tree.ts';

/** A question with its times settled and its references and codings in the form in which they are compared. */
export interface ResolvedQuestion {
  readonly recipient: {
    readonly reference: string;
    readonly memberOf: ReadonlySet<string> | undefined;
    readonly roles: ReadonlySet<string> | undefined;
  };
  readonly purpose: string;
  readonly action: Action;
  readonly custodian: string | undefined;
  /** At least one: where the question has none, one of which nothing is known (S4.1). */
  readonly items: readonly ResolvedItem[];
  readonly enforces: ReadonlySet<Enforceable>;
  readonly validAt: Millis;
  readonly knownAt: Millis;
  /** Both times as they stand in the answer. */
  readonly validAtText: string;
  readonly knownAtText: string;
}

/** An attribute that is undefined is unknown (S4.1). */
export interface ResolvedItem {
  readonly reference: string | undefined;
  readonly class: readonly ClassCoding[] | undefined;
  readonly code: ReadonlySet<string> | undefined;
  readonly labels: FamilyLabels | undefined;
  readonly author: ReadonlySet<string> | undefined;
  readonly related: ReadonlySet<string> | undefined;
  readonly time: Span | undefined;
}

/**
 * Settles a question. validAt and knownAt default to `now`; a knownAt later than `known`, the moment up to which the
 * node holds all that is recorded, is lowered to it (S1.2). A validAt or knownAt that is a date means its first
 * moment.
 *
 * @returns `purpose-system-unknown`; `invalid-request` for an item's period that ends before it starts
 */
export function resolveQuestion(
  question: Question,
  policy: Policy,
  now: Millis,
  known: Millis = now,
): Result<ResolvedQuestion> {
  if (!policy.knowsPurposeSystem(question.purpose.system)) {
    return fail('purpose-system-unknown', 'a purpose of this system needs configuration (S6.1)', '/purpose');
  }
  const { timeZone } = policy.settings;
  const moment = (text: string | undefined) => (text === undefined ? now : instantOf(text, timeZone));
  const items = (question.items ?? [{}]).map((item) => resolveItem(item, policy));
  const inverted = items.findIndex(({ time }) => time && isEmpty(time));
  if (inverted >= 0) {
    return fail('invalid-request', 'a period ends before it starts', `/items/${inverted}/time`);
  }
  const validAt = moment(question.validAt);
  const knownAt = Math.min(moment(question.knownAt), known);
  return ok({
    recipient: {
      reference: policy.reference(question.recipient.reference),
      memberOf: references(question.recipient.memberOf, policy),
      roles: codings(question.recipient.roles),
    },
    purpose: codingKey(question.purpose),
    action: question.action,
    custodian: question.custodian === undefined ? undefined : policy.reference(question.custodian),
    items,
    enforces: new Set(question.enforces),
    validAt,
    knownAt,
    validAtText: isoOf(validAt),
    knownAtText: isoOf(knownAt),
  });
}

const resolveItem = (item: Item, policy: Policy): ResolvedItem => ({
  reference: item.reference === undefined ? undefined : policy.reference(item.reference),
  class: item.class,
  code: codings(item.code),
  labels: item.labels && labelsByFamily(item.labels, policy),
  author: references(item.author, policy),
  related: references(item.related, policy),
  time: item.time === undefined ? undefined : timeOf(item.time, policy.settings.timeZone),
});

const timeOf = (time: NonNullable<Item['time']>, timeZone: string): Span =>
  typeof time === 'string' ? dateTimeSpan(time, timeZone) : spanOf(time, timeZone);

const isEmpty = ({ from, until }: Span): boolean =>
  from !== undefined && until !== undefined && until <= from;

const references = (texts: readonly string[] | undefined, policy: Policy): ReadonlySet<string> | undefined =>
  texts && new Set(texts.map(policy.reference));

const codings = (list: readonly Coding[] | undefined): ReadonlySet<string> | undefined =>
  list && new Set(list.map(codingKey));
