import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dateTime } from '../../schemas/instant.ts';
import { dateTimeSpan, dayOf, instantOf, isoOf, resolvePeriod, spanOf } from '../../src/consent/time.ts';
import { answerTo, given, granted, told } from './given.ts';

const covers = (text: string, zone: string) => {
  const { from, until } = dateTimeSpan(text, zone);
  return [isoOf(from), isoOf(until)];
};

suite('time', () => {
  test('S1.1 a partial date covers its whole day, month or year in the time zone of the ledger', () => {
    assert.deepEqual(covers('2026', 'UTC'), ['2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
    assert.deepEqual(covers('2026-02', 'UTC'), ['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
    assert.deepEqual(covers('2026-12-31', 'Asia/Tokyo'), [
      '2026-12-30T15:00:00.000Z',
      '2026-12-31T15:00:00.000Z',
    ]);
  });

  test('S1.1 a day on which clocks change has 23 or 25 hours', () => {
    const hours = (day: string) => {
      const { from, until } = dateTimeSpan(day, 'Europe/Berlin');
      return (until - from) / 3_600_000;
    };
    assert.deepEqual(['2026-03-28', '2026-03-29', '2026-10-25'].map(hours), [24, 23, 25]);
  });

  test('S1.1 a day whose midnight the clocks skip begins when they do', () => {
    assert.deepEqual(covers('2018-11-04', 'America/Sao_Paulo'), [
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ]);
  });

  test('S1.1 a day that a zone left out is empty', () => {
    const { from, until } = dateTimeSpan('2011-12-30', 'Pacific/Apia');
    assert.equal(from, until);
  });

  test('S1.1 finer digits than milliseconds are cut, and an offset is taken off', () => {
    assert.equal(isoOf(instantOf('2026-01-01T00:00:00.9999+01:00', 'UTC')), '2025-12-31T23:00:00.999Z');
  });

  test('S1.1 a leap second counts as the second after it', () => {
    assert.equal(isoOf(instantOf('2016-12-31T23:59:60Z', 'UTC')), '2017-01-01T00:00:00.000Z');
  });

  test('S1.1 the ends of a period are inclusive: a day whole, an instant with its millisecond', () => {
    const { until } = spanOf({ end: '2026-01-31' }, 'UTC');
    assert.equal(until, Date.parse('2026-02-01T00:00:00Z'));
    const full = spanOf({ end: '2026-01-31T10:00:00Z' }, 'UTC');
    assert.equal(full.until, Date.parse('2026-01-31T10:00:00.001Z'));
  });

  test('S1.1 a resolved period keeps its ends inclusive, whatever the zone is later', () => {
    const resolved = resolvePeriod({ start: '2026-01', end: '2026-01' }, 'Europe/Berlin');
    assert.deepEqual(resolved, { start: '2025-12-31T23:00:00.000Z', end: '2026-01-31T22:59:59.999Z' });
    assert.deepEqual(resolvePeriod(resolved, 'Asia/Tokyo'), resolved);
  });

  test('S1.1 the end of 9999 is an instant also west of Greenwich', () => {
    assert.equal(resolvePeriod({ end: '9999' }, 'America/New_York').end, '9999-12-31T23:59:59.999Z');
  });

  test('S1.1 days that are not in the calendar are refused', () => {
    for (const text of ['2026-02-30', '0000', '2026-02-29T10:00:00Z']) {
      assert.equal(dateTime.safeParse(text).success, false, text);
    }
    assert.equal(dateTime.safeParse('2024-02-29').success, true);
  });

  test('S1.2 validAt and knownAt default to now, and a knownAt that lies ahead is lowered to it', () => {
    const { validAt, knownAt } = answerTo(given(granted('a')), { knownAt: '2030' });
    assert.deepEqual([validAt, knownAt], ['2026-06-01T12:00:00.000Z', '2026-06-01T12:00:00.000Z']);
  });

  test('S1.2 validAt may lie ahead', () => {
    const record = given(
      granted('a', { period: { start: '2027-01-01T00:00:00.000Z' }, otherwise: 'permit' }),
    );
    assert.equal(told(record), 'deny: not-yet-valid');
    assert.equal(told(record, { validAt: '2027-01-01' }), 'permit: permitted');
  });

  test('S1.3 known at a moment is what had been recorded by then, that moment included', () => {
    const record = given('2026-02-01', granted('a'));
    assert.equal(told(record, { knownAt: '2026-02-01' }), 'permit: permitted');
    assert.equal(told(record, { knownAt: '2026-01-31T23:59:59.999Z' }), 'deny: unknown-patient');
  });

  test('the same local day has one number, however long it is', () => {
    const day = (text: string) => dayOf(Date.parse(text), 'Europe/Berlin');
    assert.equal(day('2026-10-24T22:00:00Z'), day('2026-10-25T22:59:59Z'));
    assert.equal(day('2026-10-25T23:00:00Z'), day('2026-10-25T22:59:59Z') + 1);
  });
});
