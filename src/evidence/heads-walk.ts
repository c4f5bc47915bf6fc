import {
  countOf,
  divide,
  emptySubtree,
  goesRight,
  type Head,
  type Heads,
  hashOfHead,
  headAt,
  headBytes,
  headKey,
  keyBytes,
  packedHead,
  sharesPrefix,
  subtreeOf,
  unpackedHead,
} from './heads-tree.ts';
import { type Hash, nodeHash } from './merkle.ts';

/**
 * What is met on the walk through the heads tree to some keys, from the left (docs/evidence-format.md section 8):
 * a `branch`, whose two sides follow; nothing (`empty`), or one head alone, where keys end; and `beside` these the
 * hash of what holds none of the keys.
 */
export type WalkStep = 'branch' | 'empty' | { readonly beside: Hash } | { readonly head: Head };

/** Keys of the heads tree, 32 bytes each, in order, none twice. */
export type Keys = Buffer;

/** The keys of these names, in order, each once. */
export const headKeys = (names: Iterable<string>): Keys => {
  const keys = [...new Set(names)].map(headKey).sort((a, b) => a.compare(b));
  return Buffer.concat(keys);
};

/** A walk as bytes: of each step what it is (0 to 3), then the hash beside or the head, if any. */
export class PackedWalk {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  add(step: WalkStep): void {
    if (step === 'branch') this.#put(0);
    else if (step === 'empty') this.#put(1);
    else if ('beside' in step) this.#put(2, step.beside);
    else this.#put(3, packedHead(step.head));
  }

  /** What was added, in memory of its own. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  #put(kind: number, bytes?: Buffer): void {
    const end = this.#length + 1 + (bytes?.length ?? 0);
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * this.#bytes.length);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = kind;
    bytes?.copy(this.#bytes, this.#length + 1);
    this.#length = end;
  }
}

/** The steps of a packed walk. */
export function* walkSteps(walk: Uint8Array): Generator<WalkStep> {
  const bytes = Buffer.from(walk.buffer, walk.byteOffset, walk.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at];
    at += 1;
    if (kind === 0) yield 'branch';
    else if (kind === 1) yield 'empty';
    else if (kind === 2) {
      yield { beside: bytes.subarray(at, at + keyBytes) };
      at += keyBytes;
    } else {
      yield { head: unpackedHead(bytes.subarray(at, at + headBytes)) };
      at += headBytes;
    }
  }
}

/** Keys from place `from` to `to`, which share their first `depth` bits. */
export interface Among {
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** All of the keys, at the root. */
export const allKeys = (keys: Keys): Among => ({ depth: 0, from: 0, to: keys.length / keyBytes });

/** The keys that go left and those that go right at the depth of this node. */
export const dividedKeys = (keys: Keys, { depth, from, to }: Among): [left: Among, right: Among] => {
  let low = from;
  let high = to;
  while (low < high) {
    const place = (low + high) >>> 1;
    if (goesRight(keyAt(keys, place), depth)) high = place;
    else low = place + 1;
  }
  return [
    { depth: depth + 1, from, to: low },
    { depth: depth + 1, from: low, to },
  ];
};

const keyAt = (keys: Keys, place: number): Hash => keys.subarray(place * keyBytes, (place + 1) * keyBytes);

/** Walks heads that share their first `depth` bits to those of the keys that share them too. */
export const walkHeads = (heads: Heads, keys: Keys, among: Among, onStep: (step: WalkStep) => void): void => {
  const count = countOf(heads);
  if (among.from === among.to) onStep({ beside: subtreeOf(heads, among.depth).hash });
  else if (count === 0) onStep('empty');
  else if (count === 1) onStep({ head: headAt(heads, 0) });
  else {
    onStep('branch');
    const [left, right] = divide(heads, among.depth);
    const [toLeft, toRight] = dividedKeys(keys, among);
    walkHeads(left, keys, toLeft, onStep);
    walkHeads(right, keys, toRight, onStep);
  }
};

/**
 * Works out the root of a heads tree from a walk, step by step, and what it says of each key: to be believed once
 * `root` is the root that was signed.
 */
export class WalkCheck {
  readonly #keys: Keys;
  readonly #onKey: (place: number, head: Head | undefined) => void;
  readonly #ahead: (Among | 'join')[];
  readonly #hashes: Hash[] = [];

  /** `onKey` is told of each key, by its place, the head it has, or that it has none. */
  constructor(keys: Keys, onKey: (place: number, head: Head | undefined) => void) {
    this.#keys = keys;
    this.#onKey = onKey;
    this.#ahead = [allKeys(keys)];
  }

  /** Takes the next step; false where it cannot be the next. */
  add(step: WalkStep): boolean {
    const at = this.#ahead.pop();
    if (at === undefined || at === 'join') return false;
    const hash = at.from === at.to ? besideHash(step) : this.#end(step, at);
    if (hash !== undefined) this.#hashes.push(hash);
    else if (step !== 'branch' || at.from === at.to || at.depth === 256) return false;
    else {
      const [left, right] = dividedKeys(this.#keys, at);
      this.#ahead.push('join', right, left);
    }
    while (this.#ahead.at(-1) === 'join') {
      this.#ahead.pop();
      const right = this.#hashes.pop()!;
      this.#hashes.push(nodeHash(this.#hashes.pop()!, right));
    }
    return true;
  }

  /** The root; undefined while steps are missing. */
  root(): Hash | undefined {
    return this.#ahead.length === 0 ? this.#hashes[0] : undefined;
  }

  /** Where keys end: at nothing, or at a head alone that shares the bits up to here. */
  #end(step: WalkStep, { depth, from, to }: Among): Hash | undefined {
    if (step === 'branch' || (step !== 'empty' && 'beside' in step)) return undefined;
    const head = step === 'empty' ? undefined : step.head;
    for (let place = from; place < to; place++) {
      const key = keyAt(this.#keys, place);
      if (head !== undefined && !sharesPrefix(head.key, key, depth)) return undefined;
      this.#onKey(place, head?.key.equals(key) ? head : undefined);
    }
    return head === undefined ? emptySubtree.hash : hashOfHead(head);
  }
}

const besideHash = (step: WalkStep): Hash | undefined =>
  typeof step === 'object' && 'beside' in step ? step.beside : undefined;
