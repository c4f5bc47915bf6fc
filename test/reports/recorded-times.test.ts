import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordedTimes } from '../../reports/recorded-times.ts';

test('what was added under an index is found there, and nothing elsewhere', () => {
  const indices = fc.uniqueArray(fc.nat({ max: 5_000 }), { maxLength: 3_000 });
  fc.assert(
    fc.property(indices, fc.nat({ max: 5_000 }), (some, other) => {
      const times = new RecordedTimes();
      const timeOf = (index: number) => new Date(1_700_000_000_000 + index * 1_001).toISOString();
      for (const index of some.toSorted((a, b) => a - b)) times.add(index, timeOf(index));
      for (const index of some) assert.equal(times.of(index), timeOf(index));
      assert.equal(times.of(other), some.includes(other) ? timeOf(other) : undefined);
    }),
    { numRuns: 30 },
  );
});
