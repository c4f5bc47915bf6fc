import type Database from 'better-sqlite3';
import {
  countOf,
  divide,
  findHead,
  goesRight,
  type Head,
  type HeadProof,
  type Heads,
  proveHead,
  type Subtree,
  subtreeOf,
  withHead,
} from './heads-tree.ts';
import { type Among, allKeys, dividedKeys, type Keys, type WalkStep, walkHeads } from './heads-walk.ts';
import type { Hash } from './merkle.ts';
import { depthOf, Subtrees } from './subtrees.ts';

/** `root` is null where the heads were changed and not hashed since. */
export const headsSchema = `
  CREATE TABLE IF NOT EXISTS bucket (
    node INTEGER PRIMARY KEY,
    weight INTEGER NOT NULL,
    root BLOB,
    heads BLOB NOT NULL
  ) STRICT;
`;

/** A bucket that would hold more is divided: so a change costs its bucket's hashes and those of the way up. */
const bucketSize = 24;

/** Buckets in memory at a time: about 5 MB. */
const maxLoaded = 4_000;

const noHeads: Heads = Buffer.alloc(0);

/**
 * The heads tree, kept as buckets of heads with a common prefix on disk, and the subtrees above them in memory (some
 * 10 bytes a head). A bucket is a node of the tree that is not divided. Setting a head hashes nothing; `root` and
 * `prove` hash each bucket that was changed, once, and the way up. It writes as it goes, so that it never holds much:
 * all of it is to be run in the transaction that moves the checkpoint, and `flush` at its end.
 */
export class HeadsStore {
  readonly #read: Database.Statement<[number], Buffer>;
  readonly #write: Database.Statement<[number, number, Buffer | null, Heads]>;
  readonly #delete: Database.Statement<[number]>;
  readonly #subtrees = new Subtrees();
  readonly #loaded = new Map<number, Heads>();
  /** Buckets whose rows are to be written, and those whose heads are to be hashed. */
  readonly #changed = new Set<number>();
  readonly #unsettled = new Set<number>();

  constructor(db: Database.Database) {
    this.#read = db.prepare<[number], Buffer>('SELECT heads FROM bucket WHERE node = ?').pluck();
    this.#write = db.prepare('INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM bucket WHERE node = ?');
    const rows = db.prepare<[], { node: number; weight: Subtree['weight']; root: Hash | null }>(
      'SELECT node, weight, root FROM bucket ORDER BY node DESC',
    );
    const settled: number[] = [];
    for (const { node, weight, root } of rows.iterate()) {
      this.#subtrees.mark(node, true);
      if (root === null) this.#unsettled.add(node);
      else this.#subtrees.set(node, { hash: root, weight });
      settled.push(node);
    }
    if (settled.length === 0) this.#addBucket(1, noHeads);
    this.#subtrees.rise(settled);
  }

  /** The head under this key, set or stored. */
  get(key: Hash): Head | undefined {
    return findHead(this.#heads(this.#bucketOf(key)), key);
  }

  set(head: Head): void {
    const node = this.#bucketOf(head.key);
    const heads = withHead(this.#heads(node), head);
    if (countOf(heads) > bucketSize) this.#divide(node, heads);
    else this.#put(node, heads);
  }

  /** The root over all that was set. */
  root(): Hash {
    this.#settle();
    return Buffer.from(this.#subtrees.get(1).hash);
  }

  /** Proves the head under this key, or that there is none, under `root()`. */
  prove(key: Hash): HeadProof {
    this.#settle();
    const siblings: Hash[] = [];
    let node = 1;
    while (!this.#subtrees.isBucket(node)) {
      const right = goesRight(key, siblings.length);
      siblings.push(Buffer.from(this.#subtrees.get(node * 2 + (right ? 0 : 1)).hash));
      node = node * 2 + (right ? 1 : 0);
    }
    const below = proveHead(this.#heads(node), key, siblings.length);
    return { ...below, siblings: [...siblings, ...below.siblings] };
  }

  /** Walks to each of these keys, under `root()`. */
  walk(keys: Keys, onStep: (step: WalkStep) => void): void {
    this.#settle();
    const visit = (node: number, among: Among): void => {
      if (among.from === among.to) onStep({ beside: Buffer.from(this.#subtrees.get(node).hash) });
      else if (this.#subtrees.isBucket(node)) walkHeads(this.#heads(node), keys, among, onStep);
      else {
        onStep('branch');
        const [left, right] = dividedKeys(keys, among);
        visit(node * 2, left);
        visit(node * 2 + 1, right);
      }
    };
    visit(1, allKeys(keys));
  }

  /** Writes what has changed, and lets go of what was read. */
  flush(): void {
    for (const node of this.#changed) {
      const { weight, hash } = this.#subtrees.get(node);
      this.#write.run(node, weight, this.#unsettled.has(node) ? null : hash, this.#loaded.get(node)!);
    }
    this.#changed.clear();
    this.#loaded.clear();
  }

  #bucketOf(key: Hash): number {
    let node = 1;
    for (let depth = 0; !this.#subtrees.isBucket(node); depth++)
      node = node * 2 + (goesRight(key, depth) ? 1 : 0);
    return node;
  }

  #heads(node: number): Heads {
    const known = this.#loaded.get(node);
    if (known !== undefined) return known;
    if (this.#loaded.size >= maxLoaded) this.flush();
    const heads = this.#read.get(node) ?? noHeads;
    this.#loaded.set(node, heads);
    return heads;
  }

  #put(node: number, heads: Heads): void {
    this.#loaded.set(node, heads);
    this.#changed.add(node);
    this.#unsettled.add(node);
  }

  #addBucket(node: number, heads: Heads): void {
    this.#subtrees.mark(node, true);
    this.#put(node, heads);
  }

  #divide(node: number, heads: Heads): void {
    const [left, right] = divide(heads, depthOf(node));
    for (const work of [this.#loaded, this.#changed, this.#unsettled]) work.delete(node);
    this.#delete.run(node);
    this.#addBucket(node * 2, left);
    this.#addBucket(node * 2 + 1, right);
    this.#subtrees.mark(node, false);
  }

  #settle(): void {
    const settled = [...this.#unsettled];
    for (const node of settled) {
      this.#subtrees.set(node, subtreeOf(this.#heads(node), depthOf(node)));
      this.#unsettled.delete(node);
      this.#changed.add(node);
    }
    this.#subtrees.rise(settled);
  }
}
