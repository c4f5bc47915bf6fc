import { type Hash, nodeHash, sha256 } from './merkle.ts';

/** A stream as the heads tree commits to it: how many events it has and the leaf hash of the last. */
export interface Head {
  /** SHA-256 of the UTF-8 name. */
  readonly key: Hash;
  /** Number of events: 1 or more. */
  readonly count: number;
  /** Leaf hash of the last event. */
  readonly hash: Hash;
}

/** A subtree: what it hashes to, and whether it holds no head, just one, or more. */
export interface Subtree {
  readonly hash: Hash;
  readonly weight: 0 | 1 | 2;
}

/**
 * The way from the root to where a key stands, or would stand. `siblings` are the hashes beside it, from the root
 * down; `found` is the only head there, if any: the key's own (presence), or that of another key (absence).
 */
export interface HeadProof {
  readonly siblings: readonly Hash[];
  readonly found?: Head;
}

/** An empty subtree hashes to 32 zero bytes, which is the SHA-256 of nothing known. */
export const emptySubtree: Subtree = { hash: Buffer.alloc(32), weight: 0 };

export const headKey = (name: string): Hash => sha256(Buffer.from(name, 'utf8'));

/** A subtree with one head, at any depth: HASH(0x00 || key || count, 8 bytes big-endian || hash). */
export const headLeaf = ({ key, count, hash }: Head): Subtree => {
  const entry = Buffer.alloc(73);
  key.copy(entry, 1);
  entry.writeBigUInt64BE(BigInt(count), 33);
  hash.copy(entry, 41);
  return { hash: sha256(entry), weight: 1 };
};

/** Two halves of a subtree: HASH(0x01 || left || right), or what the one head in both together hashes to. */
export const join = (left: Subtree, right: Subtree): Subtree => {
  if (left.weight + right.weight <= 1) return left.weight === 1 ? left : right;
  return { hash: nodeHash(left.hash, right.hash), weight: 2 };
};

/** Bit `depth` of a key: false goes left, true goes right; bit 0 is the first bit of the first byte. */
export const goesRight = (key: Hash, depth: number): boolean =>
  (key[depth >> 3]! & (0x80 >> (depth & 7))) !== 0;

/** The subtree at `depth` over `heads`, which share their first `depth` bits and are sorted by key. */
export const subtreeOf = (heads: readonly Head[], depth = 0, begin = 0, end = heads.length): Subtree => {
  if (begin === end) return emptySubtree;
  if (end - begin === 1) return headLeaf(heads[begin]!);
  const middle = partition(heads, depth, begin, end);
  return join(subtreeOf(heads, depth + 1, begin, middle), subtreeOf(heads, depth + 1, middle, end));
};

/** The way to `key` below `depth`; the hashes above it are for the caller to put in front. */
export const proveHead = (heads: readonly Head[], key: Hash, depth = 0): HeadProof => {
  const siblings: Hash[] = [];
  let begin = 0;
  let end = heads.length;
  for (let level = depth; end - begin > 1; level++) {
    const middle = partition(heads, level, begin, end);
    const right = goesRight(key, level);
    siblings.push(subtreeOf(heads, level + 1, right ? begin : middle, right ? middle : end).hash);
    if (right) begin = middle;
    else end = middle;
  }
  return begin === end ? { siblings } : { siblings, found: heads[begin]! };
};

/**
 * What the proof shows of `key` under `root`: its head, that it has none, or (undefined) nothing at all, because
 * the proof is not sound.
 */
export const verifyHead = (key: Hash, proof: HeadProof, root: Hash): Head | 'absent' | undefined => {
  const depth = proof.siblings.length;
  if (depth > 256) return undefined;
  const { found } = proof;
  if (found && !sharesPrefix(found.key, key, depth)) return undefined;
  let hash = found ? headLeaf(found).hash : emptySubtree.hash;
  for (let level = depth - 1; level >= 0; level--) {
    const sibling = proof.siblings[level]!;
    hash = goesRight(key, level) ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  if (!hash.equals(root)) return undefined;
  return found?.key.equals(key) ? found : 'absent';
};

const sharesPrefix = (a: Hash, b: Hash, bits: number) => {
  for (let depth = 0; depth < bits; depth++) if (goesRight(a, depth) !== goesRight(b, depth)) return false;
  return true;
};

const partition = (heads: readonly Head[], depth: number, begin: number, end: number) => {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (goesRight(heads[middle]!.key, depth)) high = middle;
    else low = middle + 1;
  }
  return low;
};
