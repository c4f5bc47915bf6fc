import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Answer, Enforceable, Item, Question, Verdict } from '../../schemas/decision.ts';
import type { Exception } from '../../schemas/provision.ts';
import { attributesOf, type RandomCase, randomCase } from './arbitraries.ts';
import { ledger } from './ledger.ts';
import { oracle } from './oracle.ts';
import { breakGlass, sameCode } from './oracle-trees.ts';
import { decideByResidual } from './residual.ts';
import { now } from './story.ts';

const sorted = (list: readonly unknown[] | undefined): readonly string[] =>
  (list ?? []).map((entry) => JSON.stringify(entry, sortKeys)).toSorted();

const sortKeys = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** What must agree; sets as sets. The residual is held to its law instead. */
const comparable = ({ decision, reason, obligations, basis, missing, review }: Verdict) => ({
  decision,
  reason,
  obligations: obligations ?? [],
  basis: sorted(basis.map((ground) => ({ ...ground, rules: ground.rules?.toSorted() }))),
  missing: sorted(missing),
  review: review ?? false,
});

const header = ({ algorithm, validAt, knownAt, revision }: Answer) => ({
  algorithm,
  validAt,
  knownAt,
  revision,
});

/** The item with what is unknown and enforced taken from another. */
const completed = (item: Item, enforces: readonly Enforceable[], probe: Required<Item>): Item => {
  const taken = enforces.flatMap((attribute) => attributesOf[attribute]);
  return { ...Object.fromEntries(taken.map((key) => [key, probe[key]])), ...item };
};

/** S7.7: a residual holds criteria of what the asker enforces, and no others. */
const checkCriteria = (rule: Exception, enforces: readonly Enforceable[]): void => {
  const { exceptions = [], obligations: _, ...criteria } = rule;
  for (const name of Object.keys(criteria)) {
    if (name === 'type') continue;
    const attribute = name === 'label' ? 'labels' : name;
    assert.ok(enforces.includes(attribute as Enforceable), `the residual asks for ${name}`);
  }
  for (const exception of exceptions) checkCriteria(exception, enforces);
};

/**
 * S7.7: applying the residual never permits what asking would deny, and gives the same where nothing else was
 * unknown and no overlay is in play. A plain permit or deny is the residual that permits everything or nothing.
 */
const checkLaw = (
  { events, question, settings, probes }: RandomCase,
  item: Item,
  asked: Verdict,
  plain: Verdict,
): void => {
  const enforces = question.enforces ?? [];
  const overlay = events.some(
    (event) => event.type === 'ConsentGranted' && event.payload.form?.combining === 'overlay',
  );
  const nothingElse = (plain.missing ?? []).every((attribute) => enforces.includes(attribute as Enforceable));
  for (const rule of asked.residual?.rules ?? []) checkCriteria(rule, enforces);
  for (const probe of probes) {
    const about: Question = { ...question, items: [completed(item, enforces, probe)] };
    const [whole] = oracle(events, about, settings, now).items;
    assert.ok(whole);
    const applied = asked.residual
      ? decideByResidual(asked.residual, about, settings, Date.parse(question.validAt ?? '2026-06-01'))
      : asked.decision;
    if (applied === 'permit')
      assert.equal(whole.decision, 'permit', `the residual permits ${JSON.stringify(about.items)}`);
    if (nothingElse && !overlay) assert.equal(applied, whole.decision, `at ${JSON.stringify(about.items)}`);
  }
};

/** Fails where the ledger and the oracle answer a case differently. */
export const agree = (one: RandomCase): void => {
  const { events, question, settings } = one;
  const { enforces = [], ...plainQuestion } = question;
  const expected = oracle(events, plainQuestion, settings, now);
  assert.deepEqual(
    ledger(events, plainQuestion, settings, now).items.map(comparable),
    expected.items.map(comparable),
  );
  const answer = ledger(events, question, settings, now);
  assert.deepEqual(header(answer), header(expected));
  const items = question.items ?? [{}];
  for (const [index, asked] of answer.items.entries()) {
    const plain = expected.items[index];
    assert.ok(plain);
    const breaksGlass = sameCode(question.purpose, breakGlass);
    if (
      !breaksGlass &&
      (plain.missing ?? []).some((attribute) => enforces.includes(attribute as Enforceable))
    )
      checkLaw(one, items[index] ?? {}, asked, plain);
    else assert.deepEqual(comparable(asked), comparable(plain));
  }
};

/** Compares so many random cases; fast-check prints seed, path and the smallest counterexample on failure. */
export const compareRandomCases = (numRuns: number, seed?: number): void =>
  fc.assert(fc.property(randomCase, agree), { numRuns, ...(seed === undefined ? {} : { seed }) });
