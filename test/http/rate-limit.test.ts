import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRateLimit } from '../../src/http/rate-limit.ts';

describe('the rate limit', () => {
  const allowed = (limit: (name: string) => boolean, name: string, tries: number) =>
    Array.from({ length: tries }, () => limit(name)).filter(Boolean).length;

  it('allows a burst, then as many a second as it says', () => {
    let now = 0;
    const limit = createRateLimit(10, () => now);
    assert.equal(allowed(limit, 'a', 20), 10);
    now += 500;
    assert.equal(allowed(limit, 'a', 20), 5);
    now += 60_000;
    assert.equal(allowed(limit, 'a', 20), 10);
  });

  it('is of each name', () => {
    const limit = createRateLimit(3, () => 0);
    assert.equal(allowed(limit, 'a', 5), 3);
    assert.equal(allowed(limit, 'b', 5), 3);
  });

  it('gives nothing for a clock that goes back', () => {
    let now = 1000;
    const limit = createRateLimit(2, () => now);
    assert.equal(allowed(limit, 'a', 5), 2);
    now = 0;
    assert.equal(allowed(limit, 'a', 5), 0);
  });

  it('keeps a bounded number of names', () => {
    const limit = createRateLimit(1, () => 0, 2);
    for (const name of ['a', 'b', 'c']) assert.ok(limit(name));
    assert.ok(!limit('c'));
    assert.ok(!limit('b'));
    assert.ok(limit('a'));
  });
});
