import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Head, headKey, subtreeOf } from '../../src/evidence/heads-tree.ts';
import { decisionLink, decisionsOf, hashOfLeaf, leafOf } from '../../src/evidence/leaf.ts';
import { type Hash, nodesOver, rootOf } from '../../src/evidence/merkle.ts';
import type { IndexedEvent } from '../../src/store/port.ts';
import { packed } from './kit.ts';
import { entriesOf, logOf, recorded, type Told, withModel } from './story.ts';

/** What a log commits to, straight from the definitions, by other means than the model's. */
const defined = (events: readonly IndexedEvent[]) => {
  const heads = new Map<string, Head>();
  const put = (name: string, hash: Hash) =>
    heads.set(name, { key: headKey(name), count: (heads.get(name)?.count ?? 0) + 1, hash });
  const leaves = events.map((event) => {
    const leaf = hashOfLeaf(leafOf(event, heads.get(event.stream)?.hash));
    put(event.stream, leaf);
    for (const [n, { keyId, commitment }] of entriesOf(event).entries()) {
      const name = decisionsOf(keyId);
      put(name, decisionLink(heads.get(name)?.hash, leaf, n, Buffer.from(commitment, 'base64url')));
    }
    return leaf;
  });
  return {
    root: rootOf(leaves.length, nodesOver(leaves)),
    heads: subtreeOf(packed([...heads.values()])).hash,
  };
};

const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    stream: fc.nat(40).map((n) => `consents-${n}`),
    type: fc.constant('ConsentGranted'),
    data: fc.string(),
  }),
  fc.record({
    stream: fc.constant('decisions-node'),
    type: fc.constant('DecisionsRecorded'),
    data: fc.string(),
    about: fc.array(
      fc.nat(40).map((n) => `${n}`),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);

describe('the evidence of a log', () => {
  it('is what the definitions say at each size that it is taken to, whatever the steps', () =>
    fc.assert(
      fc.property(
        fc.array(told, { minLength: 1, maxLength: 120 }),
        fc.infiniteStream(fc.nat(30)),
        (all, by) => {
          const events = recorded(all);
          withModel(logOf(events), (model) => {
            while (model.size < events.length) {
              model.advance(Math.min(events.length, model.size + 1 + by.next().value!));
              const { root, heads, size, recordedAt } = model.state()!;
              assert.deepEqual({ root, heads }, defined(events.slice(0, size)));
              assert.equal(Date.parse(recordedAt), events[size - 1]!.recordedAt);
            }
          });
        },
      ),
      { numRuns: 25 },
    ));

  it('is the same over many batches, each on disk, as in one', () => {
    const all = Array.from({ length: 4_500 }, (_, n) => ({
      stream: `consents-${(n * 7) % 900}`,
      type: 'ConsentGranted',
      data: `sealed ${n}`,
    }));
    const events = recorded(all);
    withModel(logOf(events), (model) => {
      model.advance(events.length);
      const { root, heads } = model.state()!;
      assert.deepEqual({ root, heads }, defined(events));
    });
  });

  it('does not go past a gap in a stream or in the log, and stands where it stood', () => {
    const events = recorded(
      [1, 2, 3, 4].map((n) => ({ stream: 'consents-1', type: 'ConsentGranted', data: `${n}` })),
    );
    const gone = events.toSpliced(2, 1);
    withModel(logOf(gone), (model) => {
      model.advance(2);
      const before = model.state();
      assert.throws(() => model.advance(4), /gap before index 4/);
      assert.equal(model.size, 2);
      assert.deepEqual(model.state(), before);
    });
    withModel(logOf(events), (model) => {
      assert.throws(() => model.advance(5), RangeError);
      assert.equal(model.size, 4);
    });
  });
});
