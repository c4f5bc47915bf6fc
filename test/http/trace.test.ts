import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { traceOf } from '../../src/http/trace.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const of = (header: string | string[] | undefined) => traceOf(header, randomUUID);

describe('traceparent', () => {
  it('names the trace and the span of the caller', () => {
    const expected = { correlationId: trace, causationId: span };
    assert.deepEqual(of(`00-${trace}-${span}-01`), expected);
    assert.deepEqual(of(`cc-${trace}-${span}-01`), expected);
    assert.deepEqual(of(`cc-${trace}-${span}-01-what-the-future-brings`), expected);
  });

  it('that is absent or not in its strict form begins a new trace', () => {
    const seen = new Set<string>();
    const headers = [
      undefined,
      '',
      `00-${trace}-${span}`,
      `00-${trace}-${span}-01-more`,
      `ff-${trace}-${span}-01`,
      `00-${trace.toUpperCase()}-${span}-01`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace}-${span}-1`,
      ` 00-${trace}-${span}-01`,
      `0-${trace}-${span}-01`,
      [`00-${trace}-${span}-01`],
    ];
    for (const header of headers) {
      const { correlationId, causationId } = of(header);
      assert.match(correlationId, /^[0-9a-f]{32}$/);
      assert.equal(causationId, undefined);
      seen.add(correlationId);
    }
    assert.equal(seen.size, headers.length);
    assert.ok(!seen.has(trace));
  });
});
