import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  emptySubtree,
  findHead,
  type Head,
  headAt,
  headKey,
  proveHead,
  subtreeOf,
  verifyHead,
  withHead,
} from '../../src/evidence/heads-tree.ts';
import { packed } from './kit.ts';

const head = (name: string, count = 1): Head => ({
  key: headKey(name),
  count,
  hash: headKey(`last of ${name}`),
});
const tree = (names: readonly string[]) => packed(names.map((name) => head(name)));
const names = (count: number) => Array.from({ length: count }, (_, i) => `consents-${i}`);

describe('heads tree', () => {
  it('commits to nothing with 32 zero bytes', () => {
    assert.deepEqual(subtreeOf(packed([])), emptySubtree);
    assert.equal(
      verifyHead(headKey('consents-1'), proveHead(packed([]), headKey('consents-1')), emptySubtree.hash),
      'absent',
    );
  });

  it('proves each head that is there and the absence of each that is not', () => {
    for (const size of [1, 2, 3, 10, 200]) {
      const heads = tree(names(size));
      const root = subtreeOf(heads).hash;
      for (let place = 0; place < size; place++) {
        const one = headAt(heads, place);
        assert.deepEqual(verifyHead(one.key, proveHead(heads, one.key), root), one);
      }
      for (let i = 0; i < 200; i++) {
        const stranger = headKey(`stranger-${i}`);
        assert.equal(verifyHead(stranger, proveHead(heads, stranger), root), 'absent');
      }
    }
  });

  it('never proves the absence of a head that is there, whatever is left out or moved', () => {
    const heads = tree(names(64));
    const root = subtreeOf(heads).hash;
    fc.assert(
      fc.property(fc.nat(63), fc.nat(63), fc.nat(20), (which, other, cut) => {
        const key = headAt(heads, which).key;
        const proof = proveHead(heads, key);
        const elsewhere = proveHead(heads, headAt(heads, other).key);
        for (const siblings of [proof.siblings, proof.siblings.slice(0, cut), elsewhere.siblings])
          for (const found of [undefined, headAt(heads, other)])
            assert.notEqual(verifyHead(key, found ? { siblings, found } : { siblings }, root), 'absent');
      }),
    );
  });

  it('refuses a count that is one too small', () => {
    const heads = tree(names(20));
    const root = subtreeOf(heads).hash;
    const one = headAt(heads, 3);
    const proof = proveHead(heads, one.key);
    const found = { ...one, count: 2 };
    const root2 = subtreeOf(withHead(heads, found)).hash;
    assert.deepEqual(verifyHead(one.key, { ...proof, found }, root2), found);
    assert.equal(verifyHead(one.key, { ...proof, found: one }, root2), undefined);
    for (const count of [0, -1, 0.5, 2 ** 60])
      assert.equal(verifyHead(one.key, { ...proof, found: { ...one, count } }, root), undefined);
  });

  it('refuses what has not the length of a hash', () => {
    const heads = tree(names(20));
    const root = subtreeOf(heads).hash;
    const { key } = headAt(heads, 3);
    const { siblings, found } = proveHead(heads, key);
    const longer = siblings.map((hash) => Buffer.concat([hash, Buffer.of(0)]));
    const shorter = siblings.map((hash) => hash.subarray(1));
    for (const bent of [longer, shorter])
      assert.equal(verifyHead(key, { siblings: bent, found: found! }, root), undefined);
  });

  it('finds each head that was put in, whatever the order, and the last of each key', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 2 ** 40 }))), (changes) => {
        const expected = new Map(changes.map(([name, count]) => [name, head(`consents-${name}`, count)]));
        const heads = changes.reduce(
          (before, [name, count]) => withHead(before, head(`consents-${name}`, count)),
          packed([]),
        );
        assert.deepEqual(heads, packed([...expected.values()]));
        for (const one of expected.values()) assert.deepEqual(findHead(heads, one.key), one);
        assert.equal(findHead(heads, headKey('stranger')), undefined);
      }),
    );
  });

  it('has one root for one set of heads, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 50 }), (some) => {
        assert.deepEqual(subtreeOf(tree(some)), subtreeOf(tree([...some].reverse())));
        assert.notDeepEqual(subtreeOf(tree(some)), subtreeOf(tree(some.slice(1))));
      }),
    );
  });
});
