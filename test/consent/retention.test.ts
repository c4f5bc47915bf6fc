import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Decided } from '../../src/consent/decide.ts';
import { evolve, replay } from '../../src/consent/evolve.ts';
import { endsByForm, retentionEnds, retentionPeriodsOf } from '../../src/consent/retention.ts';
import { standings } from '../../src/consent/standing.ts';
import type { PatientEvent, PatientRecord } from '../../src/consent/state.ts';
import { isoOf } from '../../src/consent/time.ts';
import { randomCase } from '../conformance/arbitraries.ts';
import { agent, declared, form, given, granted, id, invalidated, now, revoked } from './given.ts';

const tenant = 'north';
const dayMs = 86_400_000;
const periods = retentionPeriodsOf(tenant, [
  ...['independent', 'replacing', 'overlay'].map((formId) => ({ tenant, formId, days: 30 })),
  { tenant, formId: 'long', days: 365 },
  { tenant: 'south', formId: 'theirs', days: 1 },
]);
const endsOf = (record: PatientRecord) => endsByForm(record, standings(record.consents));
const overSince = (record: PatientRecord): string | undefined => {
  const at = retentionEnds(endsOf(record), periods);
  return at === undefined ? undefined : isoOf(at);
};

const under = (formId: 'independent' | 'replacing', letter: string, rest: object = {}) =>
  granted(letter, { form: form(formId), ...rest });
const untilMarch = { period: { end: '2026-02-28T23:59:59.999Z' } };
const restrictionId = id('r');
const placed: Decided = {
  type: 'RestrictionPlaced',
  payload: { restrictionId, ground: 'c', reason: 'a claim', agent },
};
const lifted: Decided = { type: 'RestrictionLifted', payload: { restrictionId, reason: 'settled', agent } };

suite('the retention of a record', () => {
  test('is over so many days after the end of its last consent, however that ended', () => {
    const thirtyOneMarch = '2026-03-31T00:00:00.000Z';
    assert.equal(overSince(given(under('independent', 'a', untilMarch))), thirtyOneMarch);
    const ended = '2026-03-01T00:00:00.000Z';
    assert.equal(
      overSince(given(under('independent', 'a'), '2026-05-01', revoked('a', ended))),
      thirtyOneMarch,
    );
    assert.equal(overSince(given(under('independent', 'a'), '2026-03-01', invalidated('a'))), thirtyOneMarch);
    const replaced = given(
      under('replacing', 'a'),
      under('replacing', 'b', { signedAt: '2026-02-01T00:00:00.000Z', ...untilMarch }),
    );
    assert.equal(overSince(replaced), thirtyOneMarch);
    const neverBegan = given(
      under('independent', 'a'),
      '2026-03-01',
      revoked('a', '2026-01-01T00:00:00.000Z'),
    );
    assert.equal(overSince(neverBegan), thirtyOneMarch);
  });

  test('is over under every form alone: the longest counts from the end under its own form', () => {
    const long = granted('b', {
      form: form('independent', 'long'),
      period: { end: '2025-12-31T23:59:59.999Z' },
    });
    const signed = { ...long, payload: { ...long.payload, signedAt: '2025-01-01T00:00:00.000Z' } } as Decided;
    assert.equal(overSince(given(signed, under('independent', 'a', untilMarch))), '2027-01-01T00:00:00.000Z');
  });

  test('is never over where something has no end, no form, or a form without a period of this tenant', () => {
    assert.equal(overSince(given()), undefined);
    assert.equal(overSince(given(under('independent', 'a'))), undefined, 'in force without an end');
    assert.equal(overSince(given(granted('a', untilMarch))), undefined, 'no form');
    const theirs = granted('a', { form: form('independent', 'theirs'), ...untilMarch });
    assert.equal(overSince(given(theirs)), undefined, 'the period is of another tenant');
    const withOther = given(under('independent', 'a', untilMarch), granted('b', untilMarch));
    assert.equal(overSince(withOther), undefined, 'one of two has no form');
    assert.equal(overSince(given(declared('Practitioner/amy', '2026-01-02T00:00:00Z'))), undefined);
  });

  test('is not over while a restriction stands (Art. 18), nor before an emergency counts as long past', () => {
    const ended = under('independent', 'a', untilMarch);
    assert.equal(overSince(given(ended, placed)), undefined);
    assert.equal(overSince(given(ended, placed, lifted)), '2026-03-31T00:00:00.000Z');
    const later = given(ended, '2026-05-01', declared('Practitioner/amy', '2026-05-01T06:00:00Z'));
    assert.equal(overSince(later), '2026-05-31T06:00:00.000Z');
    const earlier = given(ended, declared('Practitioner/amy', '2026-01-01T06:00:00Z'));
    assert.equal(overSince(earlier), '2026-03-31T00:00:00.000Z');
  });

  /** Random histories in which every consent is under a form that has a period. */
  const history = randomCase.map(({ events }) =>
    events.map(
      (event): PatientEvent =>
        event.type === 'ConsentGranted'
          ? {
              ...event,
              payload: { ...event.payload, form: form(event.payload.form?.combining ?? 'independent') },
            }
          : event,
    ),
  );
  const shuffled = history.chain((events) => {
    const record = replay(events);
    const consents = fc.shuffledSubarray([...record.consents], { minLength: record.consents.length });
    return consents.map((mixed) => ({ record, mixed: { ...record, consents: mixed } }));
  });

  test('rests on what was recorded, not on the order in which it is read', () => {
    let over = 0;
    fc.assert(
      fc.property(shuffled, ({ record, mixed }) => {
        over += overSince(record) === undefined ? 0 : 1;
        assert.deepEqual(endsOf(mixed), endsOf(record));
      }),
      { numRuns: 300 },
    );
    assert.ok(over > 0, 'some of them are over');
  });

  test('is not over at any moment at which a consent stands, nor for its period after', () => {
    fc.assert(
      fc.property(history, (events) => {
        const record = replay(events);
        const at = retentionEnds(endsOf(record), periods);
        if (at === undefined) return;
        for (const { ends } of standings(record.consents)) assert.ok(at >= ends + 30 * dayMs);
      }),
      { numRuns: 300 },
    );
  });

  test('is over no more once a consent in force is added, whatever was recorded before', () => {
    fc.assert(
      fc.property(history, (events) => {
        const record = replay(events);
        const more = granted('z', { form: form('independent', 'long'), rules: [{ type: 'permit' }] });
        const revision = record.revision + 1;
        const event = { ...more, revision, recordedAt: Math.max(now, record.recordedAt), id: 'more' };
        assert.equal(overSince(evolve(record, event as PatientEvent)), undefined);
      }),
      { numRuns: 300 },
    );
  });
});
