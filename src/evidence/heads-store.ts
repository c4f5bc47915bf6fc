import type Database from 'better-sqlite3';
import {
  emptySubtree,
  goesRight,
  type Head,
  type HeadProof,
  join,
  proveHead,
  type Subtree,
  subtreeOf,
} from './heads-tree.ts';
import type { Hash } from './merkle.ts';

export const headsSchema = `
  CREATE TABLE IF NOT EXISTS bucket (
    node INTEGER PRIMARY KEY,
    weight INTEGER NOT NULL,
    root BLOB NOT NULL,
    heads BLOB NOT NULL
  ) STRICT;
`;

/** A bucket that would hold more is split in two: so a change costs its bucket's hashes and those of the way up. */
const bucketSize = 24;
const headBytes = 72;

/**
 * The heads tree, kept as buckets of heads with a common prefix, and the subtrees above them in memory. Nodes are
 * numbered as in a heap: 1 is the root, n has the children 2n and 2n + 1; a bucket is a node that is not divided.
 * What is set is in the root at once, and on disk after `flush`.
 */
export class HeadsStore {
  readonly #read: Database.Statement<[number], Buffer>;
  readonly #write: Database.Statement<[number, number, Buffer, Buffer]>;
  readonly #delete: Database.Statement<[number]>;
  readonly #subtrees = new Map<number, Subtree>();
  readonly #buckets = new Set<number>();
  /** Buckets in memory: those that were asked for since the last flush. */
  #loaded = new Map<number, Head[]>();
  /** Buckets whose rows are to be written, and buckets and nodes whose subtrees are to be hashed. */
  #changed = new Set<number>();
  #unsettled = new Set<number>();
  #divided: number[] = [];

  constructor(db: Database.Database) {
    this.#read = db.prepare<[number], Buffer>('SELECT heads FROM bucket WHERE node = ?').pluck();
    this.#write = db.prepare('INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM bucket WHERE node = ?');
    const rows = db.prepare<[], { node: number; weight: 0 | 1 | 2; root: Buffer }>(
      'SELECT node, weight, root FROM bucket',
    );
    for (const { node, weight, root } of rows.iterate()) {
      this.#buckets.add(node);
      this.#subtrees.set(node, { hash: root, weight });
    }
    if (this.#buckets.size === 0) this.#addBucket(1, []);
    this.#rejoin(new Set(this.#buckets));
  }

  /** The head under this key, set or stored. */
  get(key: Hash): Head | undefined {
    const heads = this.#heads(this.#bucketOf(key));
    const head = heads[placeOf(heads, key)];
    return head?.key.equals(key) ? head : undefined;
  }

  set(head: Head): void {
    const node = this.#bucketOf(head.key);
    const heads = this.#heads(node);
    const at = placeOf(heads, head.key);
    heads.splice(at, heads[at]?.key.equals(head.key) ? 1 : 0, head);
    this.#changed.add(node);
    this.#unsettled.add(node);
    if (heads.length > bucketSize) this.#divide(node, heads);
  }

  /** The root over all that was set. */
  root(): Hash {
    this.#settle();
    return this.#subtree(1).hash;
  }

  /** Proves the head under this key, or that there is none, under `root()`. */
  prove(key: Hash): HeadProof {
    this.#settle();
    const siblings: Hash[] = [];
    let node = 1;
    while (!this.#buckets.has(node)) {
      const right = goesRight(key, siblings.length);
      siblings.push(this.#subtree(node * 2 + (right ? 0 : 1)).hash);
      node = node * 2 + (right ? 1 : 0);
    }
    const below = proveHead(this.#heads(node), key, siblings.length);
    return { ...below, siblings: [...siblings, ...below.siblings] };
  }

  /** Writes what has changed and lets go of it; to be run in the transaction that moves the checkpoint. */
  flush(): void {
    this.#settle();
    for (const node of this.#divided) this.#delete.run(node);
    for (const node of this.#changed) {
      const { weight, hash } = this.#subtree(node);
      this.#write.run(node, weight, hash, encode(this.#heads(node)));
    }
    this.#divided = [];
    this.#changed = new Set();
    this.#loaded = new Map();
  }

  #bucketOf(key: Hash): number {
    let node = 1;
    for (let depth = 0; !this.#buckets.has(node); depth++) node = node * 2 + (goesRight(key, depth) ? 1 : 0);
    return node;
  }

  #heads(node: number): Head[] {
    let heads = this.#loaded.get(node);
    if (heads === undefined) {
      heads = decode(this.#read.get(node) ?? Buffer.alloc(0));
      this.#loaded.set(node, heads);
    }
    return heads;
  }

  #addBucket(node: number, heads: Head[]): void {
    this.#buckets.add(node);
    this.#loaded.set(node, heads);
    this.#changed.add(node);
    this.#unsettled.add(node);
  }

  #divide(node: number, heads: Head[]): void {
    const depth = depthOf(node);
    const middle = heads.findIndex((head) => goesRight(head.key, depth));
    const at = middle < 0 ? heads.length : middle;
    for (const work of [this.#buckets, this.#changed, this.#unsettled, this.#loaded]) work.delete(node);
    this.#divided.push(node);
    this.#addBucket(node * 2, heads.slice(0, at));
    this.#addBucket(node * 2 + 1, heads.slice(at));
  }

  /** Hashes the buckets that were set, and then each node above them once. */
  #settle(): void {
    for (const node of this.#unsettled) this.#subtrees.set(node, subtreeOf(this.#heads(node), depthOf(node)));
    this.#rejoin(this.#unsettled);
    this.#unsettled = new Set();
  }

  #rejoin(nodes: ReadonlySet<number>): void {
    let deepest = 1;
    for (const node of nodes) deepest = Math.max(deepest, node);
    const levels = Array.from({ length: depthOf(deepest) }, () => new Set<number>());
    const rise = (node: number) => levels[depthOf(node) - 1]?.add(Math.floor(node / 2));
    nodes.forEach(rise);
    for (let depth = levels.length - 1; depth >= 0; depth--) {
      for (const node of levels[depth]!) {
        this.#subtrees.set(node, join(this.#subtree(node * 2), this.#subtree(node * 2 + 1)));
        rise(node);
      }
    }
  }

  #subtree(node: number): Subtree {
    return this.#subtrees.get(node) ?? emptySubtree;
  }
}

const depthOf = (node: number) => Math.floor(Math.log2(node));

const placeOf = (heads: readonly Head[], key: Hash) => {
  const at = heads.findIndex((head) => head.key.compare(key) >= 0);
  return at < 0 ? heads.length : at;
};

const encode = (heads: readonly Head[]): Buffer => {
  const bytes = Buffer.allocUnsafe(heads.length * headBytes);
  heads.forEach(({ key, count, hash }, i) => {
    key.copy(bytes, i * headBytes);
    bytes.writeBigUInt64BE(BigInt(count), i * headBytes + 32);
    hash.copy(bytes, i * headBytes + 40);
  });
  return bytes;
};

const decode = (bytes: Buffer): Head[] =>
  Array.from({ length: bytes.length / headBytes }, (_, i) => {
    const head = bytes.subarray(i * headBytes, (i + 1) * headBytes);
    return { key: head.subarray(0, 32), count: Number(head.readBigUInt64BE(32)), hash: head.subarray(40) };
  });
