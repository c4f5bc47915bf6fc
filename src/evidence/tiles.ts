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

interface Tile {
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
  /** The last tile of each level, which may not be full. */
  readonly #edge: Tile[] = [];
  #changed = new Map<string, { level: number; tile: Tile }>();

  constructor(db: Database.Database) {
    this.#read = db
      .prepare<[number, number], Buffer>('SELECT hashes FROM tile WHERE level = ? AND idx = ?')
      .pluck();
    this.#write = db.prepare('INSERT OR REPLACE INTO tile VALUES (?, ?, ?)');
    const last = db.prepare<[], { level: number; idx: number }>(
      'SELECT level, max(idx) AS idx FROM tile GROUP BY level',
    );
    for (const { level, idx } of last.all())
      this.#edge[level] = { index: idx, hashes: this.#load(level, idx) };
  }

  /** Number of leaves. */
  get size(): number {
    const edge = this.#edge[0];
    return edge === undefined ? 0 : edge.index * tileWidth + edge.hashes.length;
  }

  append(leaf: Hash): void {
    this.#append(0, leaf);
  }

  /** Writes what has changed; to be run in the transaction that moves the checkpoint. */
  flush(): void {
    for (const { level, tile } of this.#changed.values()) {
      this.#write.run(level, tile.index, Buffer.concat(tile.hashes));
    }
    this.#changed = new Map();
  }

  /** A NodeReader: the perfect subtree of height `level` at `index`, which must be complete. */
  readonly node = (level: number, index: number): Hash => {
    const tileLevel = Math.floor(level / tileHeight);
    const span = 2 ** (level % tileHeight);
    const first = index * span;
    const hashes = this.#load(tileLevel, Math.floor(first / tileWidth));
    const from = first % tileWidth;
    return perfectRoot(hashes, from, from + span);
  };

  #append(level: number, hash: Hash): void {
    const edge = this.#edge[level];
    const full = edge?.hashes.length === tileWidth;
    const tile =
      edge === undefined || full ? { index: edge === undefined ? 0 : edge.index + 1, hashes: [] } : edge;
    this.#edge[level] = tile;
    tile.hashes.push(hash);
    this.#changed.set(`${level}/${tile.index}`, { level, tile });
    if (tile.hashes.length === tileWidth) this.#append(level + 1, perfectRoot(tile.hashes, 0, tileWidth));
  }

  #load(level: number, index: number): Hash[] {
    const known =
      this.#edge[level]?.index === index ? this.#edge[level] : this.#changed.get(`${level}/${index}`)?.tile;
    if (known !== undefined) return known.hashes;
    const bytes = this.#read.get(level, index);
    if (bytes === undefined) throw new RangeError(`the tree has no tile ${level}/${index}`);
    return Array.from({ length: bytes.length / hashBytes }, (_, i) =>
      bytes.subarray(i * hashBytes, (i + 1) * hashBytes),
    );
  }
}

const perfectRoot = (hashes: readonly Hash[], from: number, to: number): Hash => {
  if (to - from === 1) {
    const hash = hashes[from];
    if (hash === undefined) throw new RangeError('the subtree is not complete');
    return hash;
  }
  const middle = (from + to) / 2;
  return nodeHash(perfectRoot(hashes, from, middle), perfectRoot(hashes, middle, to));
};
