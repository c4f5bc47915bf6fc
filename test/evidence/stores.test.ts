import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { HeadsStore, headsSchema } from '../../src/evidence/heads-store.ts';
import { type Head, headKey, subtreeOf, verifyHead } from '../../src/evidence/heads-tree.ts';
import {
  type Hash,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  verifyInclusion,
} from '../../src/evidence/merkle.ts';
import { Tiles, tilesSchema } from '../../src/evidence/tiles.ts';
import { packed } from './kit.ts';

const database = () => new Database(':memory:').exec(tilesSchema + headsSchema);
const leaf = (i: number) => leafHash(Buffer.from(`leaf ${i}`));

const fromDefinition = (leaves: readonly Hash[]) => {
  const node = (level: number, index: number): Hash =>
    level === 0 ? leaves[index]! : nodeHash(node(level - 1, index * 2), node(level - 1, index * 2 + 1));
  return node;
};

describe('tiles', () => {
  it('give the root and the proofs of the tree, however often they are flushed and opened again', () => {
    const leaves = Array.from({ length: 1200 }, (_, i) => leaf(i));
    const db = database();
    let tiles = new Tiles(db);
    for (const [i, hash] of leaves.entries()) {
      tiles.append(hash);
      if (i % 97 === 0 || i === 255 || i === 256) {
        tiles.flush();
        tiles = new Tiles(db);
      }
      if (i % 101 === 0) {
        const root = rootOf(i + 1, tiles.node);
        assert.deepEqual(root, rootOf(i + 1, fromDefinition(leaves)));
        assert.ok(
          verifyInclusion(leaves[i >> 1]!, i >> 1, i + 1, inclusionProof(i >> 1, i + 1, tiles.node), root),
        );
      }
    }
    assert.equal(tiles.size, 1200);
    assert.throws(() => tiles.node(0, 1200), RangeError);
  });

  it('give the same as the definition at 70,000 leaves, three levels of tiles', () => {
    const leaves = Array.from({ length: 70_000 }, (_, i) => leaf(i));
    const tiles = new Tiles(database());
    for (const hash of leaves) tiles.append(hash);
    tiles.flush();
    assert.deepEqual(rootOf(70_000, tiles.node), rootOf(70_000, fromDefinition(leaves)));
  });
});

describe('heads store', () => {
  const head = (name: number, count = 1): Head => ({
    key: headKey(`consents-${name}`),
    count,
    hash: headKey(`event ${count} of ${name}`),
  });
  const rootFromDefinition = (heads: Iterable<Head>) => subtreeOf(packed([...heads])).hash;

  it('has the root of the tree, whatever is set in whatever order, and opened again at any time', () => {
    const change = fc.record({ name: fc.nat(300), reopen: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
        const db = database();
        let store = new HeadsStore(db);
        const expected = new Map<number, Head>();
        for (const { name, reopen } of changes) {
          const next = head(name, (store.get(headKey(`consents-${name}`))?.count ?? 0) + 1);
          store.set(next);
          expected.set(name, next);
          if (reopen) {
            store.flush();
            store = new HeadsStore(db);
          }
        }
        assert.deepEqual(store.root(), rootFromDefinition(expected.values()));
      }),
      { numRuns: 30 },
    );
  });

  it('proves presence and absence across divided buckets', () => {
    const store = new HeadsStore(database());
    for (let name = 0; name < 3000; name++) store.set(head(name));
    store.flush();
    const root = store.root();
    assert.deepEqual(root, rootFromDefinition(Array.from({ length: 3000 }, (_, name) => head(name))));
    for (let name = 0; name < 3000; name += 7) {
      const key = headKey(`consents-${name}`);
      assert.deepEqual(verifyHead(key, store.prove(key), root), head(name));
      const stranger = headKey(`stranger-${name}`);
      assert.equal(verifyHead(stranger, store.prove(stranger), root), 'absent');
    }
  });
});
