import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { breakTheGlass } from '../../schemas/vocabulary.ts';
import { type Decided, liftRestriction } from '../../src/consent/decide.ts';
import { evolve, fold } from '../../src/consent/evolve.ts';
import { openHead, sealHead } from '../../src/record/row.ts';
import { fits } from '../../src/record/settled.ts';
import { agent, answerTo, ask, declared, events, given, granted, id, told } from './given.ts';

const placed = (letter: string): Decided => ({
  type: 'RestrictionPlaced',
  payload: { restrictionId: id(letter), ground: 'a', reason: 'accuracy is contested', agent },
});
const lifted = (letter: string): Decided => ({
  type: 'RestrictionLifted',
  payload: { restrictionId: id(letter), reason: 'it was verified', agent },
});

const story = [granted('a'), '2026-02-01', placed('r'), '2026-03-01', lifted('r')] as const;

suite('a restriction of processing', () => {
  test('S2.8 denies everything while it stands, and names itself', () => {
    const record = given(...story.slice(0, 3));
    assert.deepEqual(ask(record), { decision: 'deny', reason: 'restricted', basis: [{ revision: 1 }] });
    assert.equal(answerTo(record).revision, 1);
    assert.equal(told(given(granted('a'))), 'permit: permitted');
  });

  test('S2.8 stands from its recording to its lifting, in both times', () => {
    const record = given(...story);
    const at = (validAt: string, knownAt: string) => told(record, { validAt, knownAt });
    assert.equal(at('2026-01-15', '2026-06-01'), 'permit: permitted', 'before it');
    assert.equal(at('2026-02-15', '2026-06-01'), 'deny: restricted', 'in it, as known later');
    assert.equal(at('2026-02-15', '2026-02-15'), 'deny: restricted');
    assert.equal(
      at('2026-04-01', '2026-02-15'),
      'deny: restricted',
      'ahead, while nothing of a lifting is known',
    );
    assert.equal(at('2026-02-15', '2026-01-15'), 'permit: permitted', 'before it was known');
    assert.equal(at('2026-04-01', '2026-06-01'), 'permit: permitted', 'after it');
  });

  test('S2.8 of several the first that stands is named, until none does', () => {
    const two = [...story.slice(0, 3), placed('s'), '2026-03-01'] as const;
    assert.deepEqual(ask(given(...two, lifted('r'))).basis, [{ revision: 2 }]);
    assert.equal(told(given(...two, lifted('r'), lifted('s'))), 'permit: permitted');
  });

  test('S2.8, S6.3 denies breaking the glass too, which is still to be reviewed', () => {
    const emergency = declared('Practitioner/amy', '2026-07-01T00:00:00.000Z');
    const record = given(granted('a'), emergency, placed('r'));
    const verdict = ask(record, { purpose: breakTheGlass });
    assert.deepEqual([verdict.reason, verdict.review], ['restricted', true]);
  });

  test('one that does not stand cannot be lifted', () => {
    const payload = { restrictionId: id('r'), reason: 'it was verified', agent };
    assert.equal(liftRestriction(given(...story.slice(0, 3)), payload).ok, true);
    for (const record of [given(granted('a')), given(...story)]) {
      const refused = liftRestriction(record, payload);
      assert.equal(refused.ok ? 'lifted' : refused.error.code, 'not-found');
    }
  });

  test('stays in the head of a record that was split, and in its row', () => {
    const record = given(...story.slice(0, 3));
    const key = { subject: id('p'), key: createSecretKey(randomBytes(32)) };
    assert.deepEqual(openHead(sealHead(record, undefined, 'north', key), 'north', key), record);
    const head = { ...record, settledBefore: 0 };
    const event = events(...story)[2]!;
    assert.equal(fits(head, event), true);
    assert.deepEqual(evolve(head, event).restrictions, fold(record, [event]).restrictions);
  });
});
