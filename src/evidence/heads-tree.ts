import { areHashes, type Hash, leafHash, nodeHash, sha256 } from './merkle.ts';

/** A stream as the heads tree commits to it: how many events it has and the leaf hash of the last. */
export interface Head {
  /** SHA-256 of the UTF-8 name. */
  readonly key: Hash;
  /** Number of events: 1 or more. */
  readonly count: number;
  /** Leaf hash of the last event. */
  readonly hash: Hash;
}

/** Heads in order of their keys, one after the other: key (32 bytes), count (8, big-endian), hash (32). */
export type Heads = Buffer;

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

export const keyBytes = 32;
export const headBytes = 72;

export const headKey = (name: string): Hash => sha256(Buffer.from(name, 'utf8'));

const put = (heads: Heads, place: number, { key, count, hash }: Head): void => {
  const at = place * headBytes;
  heads.set(key, at);
  heads.writeBigUInt64BE(BigInt(count), at + keyBytes);
  heads.set(hash, at + keyBytes + 8);
};

/** A head alone, as its 72 bytes. */
export const packedHead = (head: Head): Heads => {
  const bytes = Buffer.allocUnsafe(headBytes);
  put(bytes, 0, head);
  return bytes;
};

/** How many heads there are. */
export const countOf = (heads: Heads): number => heads.length / headBytes;

/** The head of these 72 bytes. */
export const unpackedHead = (bytes: Buffer): Head => ({
  key: bytes.subarray(0, keyBytes),
  count: Number(bytes.readBigUInt64BE(keyBytes)),
  hash: bytes.subarray(keyBytes + 8, headBytes),
});

/** The head at `place`, from 0. */
export const headAt = (heads: Heads, place: number): Head =>
  unpackedHead(heads.subarray(place * headBytes, (place + 1) * headBytes));

/** The head under this key. */
export const findHead = (heads: Heads, key: Hash): Head | undefined => {
  const place = placeOf(heads, key);
  return holdsAt(heads, place, key) ? headAt(heads, place) : undefined;
};

/** The heads with this one in the place of a former one of its key, if there is one. Leaves `heads` as they are. */
export const withHead = (heads: Heads, head: Head): Heads => {
  const place = placeOf(heads, head.key);
  const at = place * headBytes;
  const replaces = holdsAt(heads, place, head.key);
  const next = Buffer.allocUnsafe(heads.length + (replaces ? 0 : headBytes));
  heads.copy(next, 0, 0, at);
  heads.copy(next, at + headBytes, replaces ? at + headBytes : at);
  put(next, place, head);
  return next;
};

/** The heads that go left and those that go right at `depth`; they share the bits before. */
export const divide = (heads: Heads, depth: number): [left: Heads, right: Heads] => {
  const middle = partition(heads, depth, 0, countOf(heads)) * headBytes;
  return [heads.subarray(0, middle), heads.subarray(middle)];
};

/** An empty subtree hashes to 32 zero bytes, which is the SHA-256 of nothing known. */
export const emptySubtree: Subtree = { hash: Buffer.alloc(32), weight: 0 };

/** Two halves of a subtree: HASH(0x01 || left || right), or what the one head in both together hashes to. */
export const join = (left: Subtree, right: Subtree): Subtree => {
  if (left.weight + right.weight <= 1) return left.weight === 1 ? left : right;
  return { hash: nodeHash(left.hash, right.hash), weight: 2 };
};

/** Bit `depth` of a key: false goes left, true goes right; bit 0 is the first bit of the first byte. */
export const goesRight = (key: Hash, depth: number): boolean => bitAt(key, 0, depth);

/**
 * The subtree at `depth` over `heads`, which share their first `depth` bits. One head alone, at any depth, hashes to
 * HASH(0x00 || key || count || hash).
 */
export const subtreeOf = (heads: Heads, depth = 0, begin = 0, end = countOf(heads)): Subtree => {
  if (begin === end) return emptySubtree;
  if (end - begin === 1) return leafAt(heads, begin);
  const middle = partition(heads, depth, begin, end);
  return join(subtreeOf(heads, depth + 1, begin, middle), subtreeOf(heads, depth + 1, middle, end));
};

/** The way to `key` below `depth`; the hashes above it are for the caller to put in front. */
export const proveHead = (heads: Heads, key: Hash, depth = 0): HeadProof => {
  const siblings: Hash[] = [];
  let begin = 0;
  let end = countOf(heads);
  for (let level = depth; end - begin > 1; level++) {
    const middle = partition(heads, level, begin, end);
    const right = goesRight(key, level);
    siblings.push(subtreeOf(heads, level + 1, right ? begin : middle, right ? middle : end).hash);
    if (right) begin = middle;
    else end = middle;
  }
  return begin === end ? { siblings } : { siblings, found: headAt(heads, begin) };
};

/**
 * What the proof shows of `key` under `root`: its head, that it has none, or (undefined) nothing at all, because
 * the proof is not sound.
 */
export const verifyHead = (key: Hash, proof: HeadProof, root: Hash): Head | 'absent' | undefined => {
  const depth = proof.siblings.length;
  const { found } = proof;
  if (depth > 256 || (found && !(Number.isSafeInteger(found.count) && found.count > 0))) return undefined;
  if (!areHashes([key, ...proof.siblings, ...(found ? [found.key, found.hash] : [])])) return undefined;
  if (found && !sharesPrefix(found.key, key, depth)) return undefined;
  let hash = found ? hashOfHead(found) : emptySubtree.hash;
  for (let level = depth - 1; level >= 0; level--) {
    const sibling = proof.siblings[level]!;
    hash = goesRight(key, level) ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  if (!hash.equals(root)) return undefined;
  return found?.key.equals(key) ? found : 'absent';
};

/** What a subtree with this head alone hashes to: HASH(0x00 || key || count || hash). */
export const hashOfHead = (head: Head): Hash => leafHash(packedHead(head));

/** Where a head is put to be hashed: 0x00, and its 72 bytes. */
const leaf = Buffer.alloc(1 + headBytes);

const leafAt = (heads: Heads, place: number): Subtree => {
  heads.copy(leaf, 1, place * headBytes, (place + 1) * headBytes);
  return { hash: sha256(leaf), weight: 1 };
};

const bitAt = (bytes: Buffer, offset: number, depth: number) =>
  (bytes[offset + (depth >> 3)]! & (0x80 >> (depth & 7))) !== 0;

/** Whether two keys go the same way down to this depth. */
export const sharesPrefix = (a: Hash, b: Hash, bits: number) => {
  for (let depth = 0; depth < bits; depth++) if (goesRight(a, depth) !== goesRight(b, depth)) return false;
  return true;
};

/** The first place of which `isBeyond` holds, where it holds of all that follow. */
const firstPlace = (begin: number, end: number, isBeyond: (place: number) => boolean) => {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBeyond(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const partition = (heads: Heads, depth: number, begin: number, end: number) =>
  firstPlace(begin, end, (place) => bitAt(heads, place * headBytes, depth));

const compareAt = (heads: Heads, place: number, key: Hash) =>
  heads.compare(key, 0, keyBytes, place * headBytes, place * headBytes + keyBytes);

const placeOf = (heads: Heads, key: Hash) =>
  firstPlace(0, countOf(heads), (place) => compareAt(heads, place, key) >= 0);

const holdsAt = (heads: Heads, place: number, key: Hash) =>
  place < countOf(heads) && compareAt(heads, place, key) === 0;
