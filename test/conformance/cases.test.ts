import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Answer, Item, Question, Verdict } from '../../schemas/decision.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import { cases, residualCases } from './cases.ts';
import { ledger } from './ledger.ts';
import { oracle } from './oracle.ts';
import { decideByResidual } from './residual.ts';
import { type Case, type Heard, history, id, now, site } from './story.ts';

type Algorithm = (
  events: readonly PatientEvent[],
  question: Question,
  settings: Settings,
  now: number,
) => Answer;

const algorithms: readonly (readonly [string, Algorithm])[] = [
  ['oracle', oracle],
  ['ledger', ledger],
];

const told = ({ decision, reason }: Verdict): string => `${decision}: ${reason}`;

const groundOf = ({ name, revision, ...spoke }: Heard) => ({ consentId: id(name), revision, ...spoke });

const bySomeOrder = <T>(list: readonly T[]): string[] =>
  list.map((entry) => JSON.stringify(entry)).toSorted();

/** Compares what the case says, and nothing that it leaves open. */
const check = (one: Omit<Case, 'expect'>, answer: Answer): void => {
  const [first] = answer.items;
  assert.ok(first);
  if (one.obligations)
    assert.deepEqual(first.obligations?.map(({ code }) => code) ?? [], one.obligations, 'obligations');
  if (one.basis) {
    const consents = first.basis.filter((ground) => ground.consentId !== undefined);
    assert.deepEqual(
      consents.toSorted((a, b) => a.revision - b.revision),
      one.basis.map(groundOf),
      'basis',
    );
  }
  if (one.missing) assert.deepEqual(bySomeOrder(first.missing ?? []), bySomeOrder(one.missing), 'missing');
  if (one.review !== undefined) assert.equal(first.review ?? false, one.review, 'review');
  if (one.revision !== undefined) assert.equal(answer.revision, one.revision, 'revision');
  if (one.validAt !== undefined) assert.equal(answer.validAt, one.validAt, 'validAt');
  if (one.knownAt !== undefined) assert.equal(answer.knownAt, one.knownAt, 'knownAt');
};

for (const [name, algorithm] of algorithms) {
  suite(`the cases worked by hand, by the ${name}`, () => {
    for (const one of cases) {
      test(one.title, () => {
        const answer = algorithm(history(one.events), one.question, one.settings ?? site(), now);
        const expected = typeof one.expect === 'string' ? [one.expect] : one.expect;
        assert.deepEqual(answer.items.map(told), expected);
        check(one, answer);
      });
    }
  });
}

suite('the residuals worked by hand', () => {
  for (const one of residualCases) {
    test(one.title, () => {
      const settings = one.settings ?? site();
      const events = history(one.events);
      const answer = ledger(events, one.question, settings, now);
      const [verdict] = answer.items;
      assert.ok(verdict);
      assert.equal(told(verdict), one.expect);
      check(one, answer);
      for (const [item, expected] of one.applied ?? []) {
        const about = { ...one.question, items: [item as Item], enforces: undefined };
        assert.equal(oracle(events, about, settings, now).items[0]?.decision, expected, 'asked');
        assert.ok(verdict.residual);
        assert.equal(decideByResidual(verdict.residual, about, settings, now), expected, 'applied');
      }
    });
  }
});
