import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalText, NotCanonical } from '../../src/record/commitment.ts';

const oddNames = [
  '',
  '10',
  '9',
  '-1',
  '__proto__',
  'toJSON',
  'a',
  'A',
  '_',
  'ä',
  '\u{10000}',
  '\ud800',
  '\uffff',
];
const name = fc.oneof(fc.constantFrom(...oddNames), fc.string({ unit: 'binary', maxLength: 4 }));
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, '\\ud800', '\ud800', -0, Number.NaN),
);
/** What JSON.parse may yield, and some values that have no JSON. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 5 })
      .map((members) => Object.fromEntries(members) as unknown),
  ),
}));

/** By the library alone; undefined where there is no such text. */
const byLibrary = (input: unknown): string | undefined => {
  try {
    return canonicalize(input);
  } catch {
    return undefined;
  }
};

const ours = (input: unknown): string | undefined => {
  try {
    return canonicalText(input);
  } catch (error) {
    assert.ok(error instanceof NotCanonical);
    return undefined;
  }
};

describe('the text that is committed to', () => {
  it('is the RFC 8785 text of the library, for whatever value', () => {
    fc.assert(
      fc.property(value, (input) => assert.equal(ours(input), byLibrary(input))),
      { numRuns: 5_000 },
    );
  });

  it('is that of the library too for what is nested deep, is in itself or writes itself', () => {
    const deep = JSON.parse(`${'[{"b":'.repeat(20_000)}1${'}]'.repeat(20_000)}`) as unknown;
    const circle = { b: 1, a: [] as unknown[] };
    circle.a.push(circle);
    const wide = Array.from({ length: 70 }).reduce<unknown>((inner) => ({ b: inner, a: inner === 0 }), 0);
    const listed = Object.assign([1], { toJSON: () => ({ b: 1, a: 2 }) });
    const hidden = Object.defineProperty({ c: 1 }, 'toJSON', { value: () => ({ b: 1, a: 2 }) });
    const odd = [
      deep,
      circle,
      wide,
      listed,
      hidden,
      [hidden],
      { listed },
      new Date(0),
      new Map(),
      Object(1),
      1n,
    ];
    for (const input of odd) assert.equal(ours(input), byLibrary(input));
    assert.equal(ours([hidden]), '[{"a":2,"b":1}]');
    assert.equal(ours(circle), undefined);
  });

  it('leaves what it is given as it was', () => {
    const given = { b: [{ d: 1, c: 2 }], a: 'x' };
    const before = JSON.stringify(given);
    assert.equal(canonicalText(given), '{"a":"x","b":[{"c":2,"d":1}]}');
    assert.equal(JSON.stringify(given), before);
  });
});
