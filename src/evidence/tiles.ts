import type Database from 'better-sqlite3';
import { type Hash, nodeHash } from './merkle.ts';

export const tilesSchema = `
  CREATE TABLE IF NOT EXISTS tile (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, idx)
  ) STRICT, WITHOUT ROWID;
`;

/** A tile is eight levels of the tree: up to 256 hashes, each the root of a full tile of the level below. */
const tileHeight = 8;
const tileWidth = 2 ** tileHeight;
const hashBytes = 32;

/** Full tiles in memory with all their nodes, 16 KB each. Who asks in the order of the log needs few. */
const maxOpened = 512;

/** The last tile of a level; it may not be full. */
interface Edge {
  readonly index: number;
  readonly hashes: Hash[];
}

/**
 * The Merkle tree of the log, kept as tiles: appended to in memory, written by `flush`. A full tile never changes,
 * so an append costs one hash beside the leaf's own, and a node is found by hashing at most one tile.
 */
export class Tiles {
  readonly #read: Database.Statement<[number, number], Buffer>;
  readonly #write: Database.Statement<[number, number, Buffer]>;
  readonly #edges: Edge[] = [];
  #changed = new Map<string, { readonly level: number; readonly edge: Edge }>();
  readonly #opened = new Map<string, readonly Hash[]>();

  constructor(db: Database.Database) {
    this.#read = db
      .prepare<[number, number], Buffer>('SELECT hashes FROM tile WHERE level = ? AND idx = ?')
      .pluck();
    this.#write = db.prepare('INSERT OR REPLACE INTO tile VALUES (?, ?, ?)');
    const last = db.prepare<[], { level: number; idx: number }>(
      'SELECT level, max(idx) AS idx FROM tile GROUP BY level',
    );
    for (const { level, idx } of last.all()) {
      const hashes = this.#load(level, idx);
      const isFull = hashes.length === tileWidth;
      this.#edges[level] = isFull ? { index: idx + 1, hashes: [] } : { index: idx, hashes };
    }
  }

  /** Number of leaves. */
  get size(): number {
    const edge = this.#edges[0];
    return edge === undefined ? 0 : edge.index * tileWidth + edge.hashes.length;
  }

  append(leaf: Hash): void {
    this.#append(0, leaf);
  }

  /** Writes what has changed; to be run in the transaction that moves the checkpoint. */
  flush(): void {
    for (const { level, edge } of this.#changed.values())
      this.#write.run(level, edge.index, Buffer.concat(edge.hashes));
    this.#changed = new Map();
  }

  /** A NodeReader: the perfect subtree of height `level` at `index`, which must be complete. */
  readonly node = (level: number, index: number): Hash => {
    const tileLevel = Math.floor(level / tileHeight);
    const height = level % tileHeight;
    const first = index * 2 ** height;
    const tile = Math.floor(first / tileWidth);
    const edge = this.#edges[tileLevel];
    if (edge?.index === tile && edge.hashes.length < tileWidth)
      return perfectRoot(edge.hashes, first % tileWidth, 2 ** height);
    return this.#nodes(tileLevel, tile)[2 ** (tileHeight - height) + (first % tileWidth) / 2 ** height]!;
  };

  #append(level: number, hash: Hash): void {
    const edge = this.#edges[level] ?? { index: 0, hashes: [] };
    edge.hashes.push(hash);
    this.#edges[level] = edge;
    this.#changed.set(`${level}/${edge.index}`, { level, edge });
    if (edge.hashes.length < tileWidth) return;
    this.#edges[level] = { index: edge.index + 1, hashes: [] };
    this.#append(level + 1, perfectRoot(edge.hashes, 0, tileWidth));
  }

  /** All nodes of a full tile, numbered as in a heap: 1 is its root. */
  #nodes(level: number, index: number): readonly Hash[] {
    const name = `${level}/${index}`;
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const nodes = new Array<Hash>(2 * tileWidth);
    for (const [i, hash] of this.#load(level, index).entries()) nodes[tileWidth + i] = hash;
    for (let i = tileWidth - 1; i > 0; i--) nodes[i] = nodeHash(nodes[2 * i]!, nodes[2 * i + 1]!);
    if (this.#opened.size >= maxOpened) this.#opened.delete(this.#opened.keys().next().value!);
    this.#opened.set(name, nodes);
    return nodes;
  }

  #load(level: number, index: number): Hash[] {
    const unwritten = this.#changed.get(`${level}/${index}`);
    if (unwritten !== undefined) return unwritten.edge.hashes;
    const bytes = this.#read.get(level, index);
    if (bytes === undefined) throw new RangeError(`the tree has no tile ${level}/${index}`);
    return Array.from({ length: bytes.length / hashBytes }, (_, i) =>
      bytes.subarray(i * hashBytes, (i + 1) * hashBytes),
    );
  }
}

const perfectRoot = (hashes: readonly Hash[], from: number, count: number): Hash => {
  if (count > 1)
    return nodeHash(perfectRoot(hashes, from, count / 2), perfectRoot(hashes, from + count / 2, count / 2));
  const hash = hashes[from];
  if (hash === undefined) throw new RangeError('the subtree is not complete');
  return hash;
};
