import { hash as digest } from 'node:crypto';

/** A SHA-256 value: 32 bytes. */
export type Hash = Buffer;

/**
 * The hash of the perfect subtree of height `level` whose first leaf is `index * 2 ** level`; level 0 is a leaf
 * hash. Proofs ask for nothing else, and such a node, once complete, never changes.
 */
export type NodeReader = (level: number, index: number) => Hash;

/** Leaves from `begin` (inclusive) to `end` (exclusive). */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** By way of a string: a digest that Node gives as a Buffer has memory of its own, which costs three times the hash. */
export const sha256 = (bytes: Buffer): Hash => Buffer.from(digest('sha256', bytes, 'binary'), 'binary');

/** RFC 9162 section 2.1.1: HASH(0x00 || entry). */
export const leafHash = (entry: Buffer): Hash => {
  const bytes = Buffer.allocUnsafe(1 + entry.length);
  bytes[0] = 0;
  bytes.set(entry, 1);
  return sha256(bytes);
};

/** Whether each of these has the length of a hash: to be asked of all that comes from elsewhere. */
export const areHashes = (bytes: readonly Buffer[]): boolean => bytes.every(({ length }) => length === 32);

const pair = Buffer.alloc(65, 1);

/** RFC 9162 section 2.1.1: HASH(0x01 || left || right). Throws RangeError for what is no hash. */
export const nodeHash = (left: Hash, right: Hash): Hash => {
  if (left.length !== 32 || right.length !== 32) throw new RangeError('a hash has 32 bytes');
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
};

/** The nodes over a short list of leaf hashes, each hashed anew when it is asked for. */
export const nodesOver = (leaves: readonly Hash[]): NodeReader => {
  const node: NodeReader = (level, index) =>
    level === 0 ? leaves[index]! : nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  return node;
};

/** MTH({}): the hash of nothing (RFC 9162 section 2.1.1). */
export const emptyRoot: Hash = sha256(Buffer.alloc(0));

/** The Merkle tree hash of the first `size` leaves. */
export const rootOf = (size: number, node: NodeReader): Hash =>
  size === 0 ? emptyRoot : rangeHash({ begin: 0, end: size }, node);

/**
 * PATH(index, D[size]) of RFC 9162 section 2.1.3.1: sibling hashes from the leaf to the root.
 *
 * @throws RangeError when there is no such leaf in a tree of that size.
 */
export const inclusionProof = (index: number, size: number, node: NodeReader): Hash[] => {
  if (index < 0 || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Hash[] = [];
  let range: Range = { begin: 0, end: size };
  while (range.end - range.begin > 1) {
    const middle = split(range);
    const left = { begin: range.begin, end: middle };
    const right = { begin: middle, end: range.end };
    path.push(rangeHash(index < middle ? right : left, node));
    range = index < middle ? left : right;
  }
  return path.reverse();
};

/**
 * PROOF(earlier, D[later]) of RFC 9162 section 2.1.4.1; empty where the sizes are equal or `earlier` is 0.
 *
 * @throws RangeError when `earlier` is larger than `later`.
 */
export const consistencyProof = (earlier: number, later: number, node: NodeReader): Hash[] => {
  if (earlier < 0 || earlier > later) throw new RangeError(`a tree of ${later} never had ${earlier} leaves`);
  if (earlier === 0 || earlier === later) return [];
  const path: Hash[] = [];
  let range: Range = { begin: 0, end: later };
  let wholeTree = true;
  while (range.end !== earlier) {
    const middle = split(range);
    const left = { begin: range.begin, end: middle };
    const right = { begin: middle, end: range.end };
    path.push(rangeHash(earlier <= middle ? right : left, node));
    if (earlier > middle) wholeTree = false;
    range = earlier <= middle ? left : right;
  }
  if (!wholeTree) path.push(rangeHash(range, node));
  return path.reverse();
};

/** RFC 9162 section 2.1.3.2: whether the leaf stands at `index` in the tree of `size` leaves with this root. */
export const verifyInclusion = (
  leaf: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
  root: Hash,
): boolean => {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (!areHashes([leaf, ...path])) return false;
  const siblings = siblingsOn(path, { node: index, last: size - 1 });
  return siblings !== undefined && climb(leaf, siblings).equals(root);
};

/** RFC 9162 section 2.1.4.2: whether the later tree begins with the whole of the earlier one. */
export const verifyConsistency = (
  earlier: { readonly size: number; readonly root: Hash },
  later: { readonly size: number; readonly root: Hash },
  path: readonly Hash[],
): boolean => {
  if (!Number.isSafeInteger(earlier.size) || !Number.isSafeInteger(later.size)) return false;
  if (earlier.size > later.size || earlier.size < 0) return false;
  if (!areHashes([earlier.root, ...path])) return false;
  if (earlier.size === later.size) return path.length === 0 && earlier.root.equals(later.root);
  if (earlier.size === 0) return path.length === 0 && earlier.root.equals(emptyRoot);
  const proof = isPowerOfTwo(earlier.size) ? [earlier.root, ...path] : [...path];
  let start: Place = { node: earlier.size - 1, last: later.size - 1 };
  while (start.node % 2 === 1) start = above(start);
  const [first, ...rest] = proof;
  const siblings = siblingsOn(rest, start);
  if (first === undefined || siblings === undefined) return false;
  const old = climb(
    first,
    siblings.filter(({ isLeft }) => isLeft),
  );
  return old.equals(earlier.root) && climb(first, siblings).equals(later.root);
};

/** A node on the way up to the root, and the last node of its level, by their indexes. */
interface Place {
  readonly node: number;
  readonly last: number;
}

const above = ({ node, last }: Place): Place => ({
  node: Math.floor(node / 2),
  last: Math.floor(last / 2),
});

interface Sibling {
  readonly hash: Hash;
  readonly isLeft: boolean;
}

/**
 * On which side of the way from `start` up to the root each hash of a path stands (RFC 9162 sections 2.1.3.2 and
 * 2.1.4.2); undefined where the path is longer or shorter than that way.
 */
const siblingsOn = (path: readonly Hash[], start: Place): Sibling[] | undefined => {
  const siblings: Sibling[] = [];
  let place = start;
  for (const hash of path) {
    if (place.last === 0) return undefined;
    const isLeft = place.node % 2 === 1 || place.node === place.last;
    siblings.push({ hash, isLeft });
    // Where the last node of a level has an even index nothing stands beside it there.
    while (isLeft && place.node % 2 === 0 && place.node !== 0) place = above(place);
    place = above(place);
  }
  return place.last === 0 ? siblings : undefined;
};

/** The hash that is reached from `start` past these siblings. */
const climb = (start: Hash, siblings: readonly Sibling[]): Hash =>
  siblings.reduce(
    (reached, { hash, isLeft }) => (isLeft ? nodeHash(hash, reached) : nodeHash(reached, hash)),
    start,
  );

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/** Where RFC 9162 splits a range: after the largest power of two of leaves that is smaller than the range. */
export const split = ({ begin, end }: Range) => {
  let half = 1;
  while (half * 2 < end - begin) half *= 2;
  return begin + half;
};

/** The hash of the subtree over these leaves: of whole subtrees of RFC 9162's split alone. */
export const rangeHash = (range: Range, node: NodeReader): Hash => {
  const size = range.end - range.begin;
  if (isPowerOfTwo(size)) return node(Math.log2(size), range.begin / size);
  const middle = split(range);
  return nodeHash(
    rangeHash({ begin: range.begin, end: middle }, node),
    rangeHash({ begin: middle, end: range.end }, node),
  );
};
