import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  emptySubtree,
  type Head,
  headKey,
  proveHead,
  subtreeOf,
  verifyHead,
} from '../../src/evidence/heads-tree.ts';

const head = (name: string, count = 1): Head => ({
  key: headKey(name),
  count,
  hash: headKey(`last of ${name}`),
});
const tree = (names: readonly string[]) =>
  names.map((name) => head(name)).sort((a, b) => a.key.compare(b.key));
const names = (count: number) => Array.from({ length: count }, (_, i) => `consents-${i}`);

describe('heads tree', () => {
  it('commits to nothing with 32 zero bytes', () => {
    assert.deepEqual(subtreeOf([]), emptySubtree);
    assert.equal(
      verifyHead(headKey('consents-1'), proveHead([], headKey('consents-1')), emptySubtree.hash),
      'absent',
    );
  });

  it('proves each head that is there and the absence of each that is not', () => {
    for (const size of [1, 2, 3, 10, 200]) {
      const heads = tree(names(size));
      const root = subtreeOf(heads).hash;
      for (const one of heads) assert.deepEqual(verifyHead(one.key, proveHead(heads, one.key), root), one);
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
        const key = heads[which]!.key;
        const proof = proveHead(heads, key);
        const elsewhere = proveHead(heads, heads[other]!.key);
        for (const siblings of [proof.siblings, proof.siblings.slice(0, cut), elsewhere.siblings])
          for (const found of [undefined, heads[other]!])
            assert.notEqual(verifyHead(key, found ? { siblings, found } : { siblings }, root), 'absent');
      }),
    );
  });

  it('refuses a count that is one too small', () => {
    const heads = tree(names(20));
    const root = subtreeOf(heads).hash;
    const proof = proveHead(heads, heads[3]!.key);
    assert.equal(verifyHead(heads[3]!.key, { ...proof, found: { ...heads[3]!, count: 0 } }, root), undefined);
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
