import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { HeadsStore, headsSchema } from '../../src/evidence/heads-store.ts';
import { type Head, headKey, subtreeOf } from '../../src/evidence/heads-tree.ts';
import { headKeys, PackedWalk, WalkCheck, type WalkStep, walkSteps } from '../../src/evidence/heads-walk.ts';
import { type Hash, leafHash, nodesOver, rootOf } from '../../src/evidence/merkle.ts';
import { BesideCheck, besideLeaves, partsOf } from '../../src/evidence/multiproof.ts';
import { packed } from './kit.ts';

const leaves = Array.from({ length: 300 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
const node = nodesOver(leaves);

const sizeAndIncluded = fc
  .integer({ min: 1, max: 200 })
  .chain((size) =>
    fc.tuple(fc.constant(size), fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: size })),
  )
  .map(([size, included]) => ({ size, included: included.toSorted((a, b) => a - b) }));

/** What the leaves and the hashes beside them come to; undefined where these do not fit. */
const rootFrom = (size: number, included: readonly number[], beside: readonly Hash[], from = leaves) => {
  const check = new BesideCheck(size, included, (place) => from[included[place]!]!);
  return beside.every((hash) => check.add(hash)) ? check.root() : undefined;
};

describe('the hashes beside included leaves', () => {
  it('lead to the root, and no other number of them, nor another leaf, does', () =>
    fc.assert(
      fc.property(sizeAndIncluded, fc.nat(), ({ size, included }, which) => {
        const root = rootOf(size, node);
        const beside = besideLeaves(included, { begin: 0, end: size }, node);
        assert.deepEqual(rootFrom(size, included, beside), root);
        assert.equal(rootFrom(size, included, [...beside, root]), undefined);
        if (beside.length > 0) assert.equal(rootFrom(size, included, beside.slice(1)), undefined);
        if (included.length === 0) return;
        const bent = leaves.with(included[which % included.length]!, leafHash(root));
        assert.notDeepEqual(rootFrom(size, included, beside, bent), root);
      }),
    ));

  it('are the same part by part, also from a larger tree', () =>
    fc.assert(
      fc.property(sizeAndIncluded, fc.constantFrom(1, 4, 64, 1024), ({ size, included }, width) => {
        const parts = partsOf(included, size, width).flatMap((part) =>
          besideLeaves(included.slice(part.from, part.to), part, node),
        );
        assert.deepEqual(
          parts,
          besideLeaves(included, { begin: 0, end: size }, nodesOver(leaves.slice(0, size))),
        );
      }),
    ));

  it('cannot be had for leaves that are not in order, or not there', () => {
    const range = { begin: 0, end: 10 };
    for (const included of [[3, 3], [4, 2], [10], [-1], [Number.NaN]])
      assert.throws(() => besideLeaves(included, range, node), RangeError);
    assert.throws(() => new BesideCheck(10, [3, 3], () => leaves[0]!), RangeError);
  });
});

const head = (name: string): Head => ({
  key: headKey(name),
  count: name.length,
  hash: leafHash(Buffer.from(name)),
});
const names = Array.from({ length: 400 }, (_, i) => `consents-${i}`);

/** What the steps come to, and what they say of each key; undefined where they do not fit. */
const walked = (keys: Buffer, steps: readonly WalkStep[]) => {
  const found: (Head | undefined)[] = [];
  const check = new WalkCheck(keys, (place, one) => {
    found[place] = one;
  });
  return steps.every((step) => check.add(step)) && check.root() ? { root: check.root(), found } : undefined;
};

describe('the walk through the heads tree', () => {
  const subset = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 60 });

  it('comes to the root, and says of each name its head or that it has none', () =>
    fc.assert(
      fc.property(fc.nat(400), subset, fc.nat(), (size, asked, which) => {
        const there = names.slice(0, size).map(head);
        const store = new HeadsStore(new Database(':memory:').exec(headsSchema));
        for (const one of there) store.set(one);
        const { hash: root } = subtreeOf(packed(there));
        const keys = headKeys(asked);
        const packedSteps = new PackedWalk();
        store.walk(keys, (step) => packedSteps.add(step));
        const steps = [...walkSteps(packedSteps.bytes())];

        const told = walked(keys, steps);
        assert.deepEqual(told?.root, root);
        const inOrder = asked.map(head).sort((a, b) => a.key.compare(b.key));
        const expected = inOrder.map((one) => there.find(({ key }) => key.equals(one.key)));
        assert.deepEqual(told?.found, expected);

        const other = steps.filter((_, place) => place !== which % steps.length);
        assert.notDeepEqual(walked(keys, other)?.root, root);
        assert.equal(walked(keys, [...steps, 'empty']), undefined);
      }),
      { numRuns: 50 },
    ));

  it('does not pass off a name that is there as one that is not', () => {
    const store = new HeadsStore(new Database(':memory:').exec(headsSchema));
    for (const name of names) store.set(head(name));
    const keys = headKeys(['consents-7']);
    const steps: WalkStep[] = [];
    store.walk(keys, (step) => steps.push(step));
    const place = steps.findIndex((step) => typeof step === 'object' && 'head' in step);
    const other = head('consents-8');
    assert.equal(walked(keys, steps.with(place, { beside: other.hash })), undefined);
    assert.equal(walked(keys, steps.with(place, { head: other })), undefined);
    assert.notDeepEqual(walked(keys, steps.with(place, 'empty'))?.root, store.root());
  });
});
