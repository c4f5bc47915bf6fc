import assert from 'node:assert/strict';
import { it } from 'node:test';
import { release } from '../../src/reporting/release.ts';

it('a buffer that has memory of its own gives it back; one that shares it is left alone', () => {
  const own = Buffer.alloc(65_536, 7);
  const view = own.subarray(0, 10);
  release(view);
  assert.equal(view.length, 10);
  assert.equal(own.length, 65_536);
  release(own);
  assert.deepEqual([own.length, own.buffer.byteLength, view.length], [0, 0, 0]);
  const pooled = Buffer.from('pooled');
  release(pooled);
  assert.equal(pooled.toString(), 'pooled');
});
