import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Offsets } from '../../../reports/pdf/offsets.ts';

test('offsets come back in the order of the objects, whatever the order in which they were set', () => {
  for (const count of [0, 1, 16_383, 16_384, 16_385, 40_000]) {
    const offsets = new Offsets();
    for (let id = 1; id <= count; id += 1) assert.equal(offsets.add(0), id);
    for (let id = count; id >= 1; id -= 1) offsets.set(id, id * 3);
    const all = [...offsets.chunks()].flatMap((chunk) => [...chunk]);
    assert.deepEqual(
      all,
      Array.from({ length: count }, (_, place) => (place + 1) * 3),
    );
  }
});
