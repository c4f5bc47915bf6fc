import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { monthsAfter, urgencyOf } from '../../src/erasure/deadline.ts';

const after = (from: string, months: number, zone = 'UTC') =>
  new Date(monthsAfter(Date.parse(from), months, zone)).toISOString();

describe('the clock of Art. 12(3)', () => {
  for (const [from, months, zone, until] of [
    ['2026-03-01T09:00:00Z', 1, 'UTC', '2026-04-02T00:00:00.000Z'],
    ['2026-01-31T09:00:00Z', 1, 'UTC', '2026-03-01T00:00:00.000Z'],
    ['2028-01-31T09:00:00Z', 1, 'UTC', '2028-03-01T00:00:00.000Z'],
    ['2026-11-30T09:00:00Z', 3, 'UTC', '2027-03-01T00:00:00.000Z'],
    ['2026-12-31T23:30:00Z', 1, 'Europe/Berlin', '2027-02-01T23:00:00.000Z'],
    ['2026-03-01T09:00:00Z', 1, 'Europe/Berlin', '2026-04-01T22:00:00.000Z'],
  ] as const)
    it(`${months} month(s) from ${from} in ${zone} end at ${until}`, () =>
      assert.equal(after(from, months, zone), until));

  it('a month is never shorter than 28 days nor longer than 32, and a later receipt is never due earlier', () => {
    const day = 86_400_000;
    const moment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(
        moment,
        fc.nat(40 * day),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
        (at, more, zone) => {
          const due = monthsAfter(at, 1, zone);
          assert.ok(due - at > 27.9 * day && due - at < 32.1 * day);
          assert.ok(monthsAfter(at + more, 1, zone) >= due);
          assert.ok(monthsAfter(at, 3, zone) > due);
        },
      ),
    );
  });

  it('turns due soon, then overdue, at the very moment', () => {
    const [due, day] = [Date.parse('2026-04-02T00:00:00Z'), 86_400_000];
    assert.equal(urgencyOf(due, due - 7 * day - 1, 7), 'in-time');
    assert.equal(urgencyOf(due, due - 7 * day, 7), 'due-soon');
    assert.equal(urgencyOf(due, due - 1, 7), 'due-soon');
    assert.equal(urgencyOf(due, due, 7), 'overdue');
    assert.equal(urgencyOf(due, due - 1, 0), 'in-time');
  });
});
