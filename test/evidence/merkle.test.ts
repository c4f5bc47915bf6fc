import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  consistencyProof,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/evidence/merkle.ts';

/** The leaves and roots that the Certificate Transparency implementations test against (RFC 6962 trees). */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Reads nodes straight from the definition. */
const reader =
  (leaves: readonly Hash[]) =>
  (level: number, index: number): Hash => {
    if (level === 0) return leaves[index]!;
    const node = reader(leaves);
    return nodeHash(node(level - 1, index * 2), node(level - 1, index * 2 + 1));
  };

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

describe('Merkle tree (RFC 9162)', () => {
  it('gives the published roots', () => {
    const node = reader(entries.map((hex) => leafHash(Buffer.from(hex, 'hex'))));
    for (const [i, root] of roots.entries()) assert.equal(rootOf(i + 1, node).toString('hex'), root);
    assert.equal(
      emptyRoot.toString('hex'),
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('proves each leaf of each tree up to 70 leaves, and no other', () => {
    const leaves = leavesOf(70);
    const node = reader(leaves);
    for (let size = 1; size <= leaves.length; size++) {
      const root = rootOf(size, node);
      for (let index = 0; index < size; index++) {
        const path = inclusionProof(index, size, node);
        assert.ok(verifyInclusion(leaves[index]!, index, size, path, root));
        assert.ok(!verifyInclusion(leaves[(index + 1) % 70]!, index, size, path, root));
        if (size > 1) assert.ok(!verifyInclusion(leaves[index]!, (index + 1) % size, size, path, root));
      }
    }
  });

  it('proves that each tree up to 70 leaves grew out of each smaller one', () => {
    const node = reader(leavesOf(70));
    for (let later = 0; later <= 70; later++)
      for (let earlier = 0; earlier <= later; earlier++) {
        const path = consistencyProof(earlier, later, node);
        const old = { size: earlier, root: rootOf(earlier, node) };
        const grown = { size: later, root: rootOf(later, node) };
        assert.ok(verifyConsistency(old, grown, path), `${earlier} -> ${later}`);
        if (earlier > 0) assert.ok(!verifyConsistency({ ...old, root: leafHash(old.root) }, grown, path));
      }
  });

  it('refuses a proof with any byte changed, a hash too many or too few', () => {
    const node = reader(leavesOf(70));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), fc.nat(), (size, at, where, bit) => {
        const index = at % size;
        const leaf = node(0, index);
        const root = rootOf(size, node);
        const path = inclusionProof(index, size, node);
        const bent = path.map((hash) => Buffer.from(hash));
        bent[where % path.length]![bit % 32]! ^= 1 << (bit % 8);
        assert.ok(!verifyInclusion(leaf, index, size, bent, root));
        assert.ok(!verifyInclusion(leaf, index, size, path.slice(1), root));
        assert.ok(!verifyInclusion(leaf, index, size, [...path, root], root));
      }),
    );
  });

  it('refuses a leaf that is not there', () => {
    assert.throws(() => inclusionProof(3, 3, reader(leavesOf(3))), RangeError);
    assert.throws(() => consistencyProof(4, 3, reader(leavesOf(3))), RangeError);
  });
});
