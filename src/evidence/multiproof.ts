import { type Hash, type NodeReader, nodeHash, rangeHash, split } from './merkle.ts';

/** Leaf indices, ascending, none twice. */
export type Indices = ArrayLike<number>;

/** Leaves from `begin` to `end` (exclusive), and which of the included ones are among them: places `from` to `to`. */
interface Part {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The hashes that lead from the included leaves to the root of a tree of `size` leaves: those of the largest subtrees
 * of RFC 9162's split in which no included leaf stands, from left to right (docs/evidence-format.md section 8).
 * `begin`, `end`: the same of one of its subtrees; `node` may be of a larger tree.
 *
 * @throws RangeError where an index is outside, or the indices do not ascend
 */
export const besideLeaves = (
  included: Indices,
  { begin, end }: { readonly begin: number; readonly end: number },
  node: NodeReader,
): Hash[] => {
  checkIndices(included, begin, end);
  const beside: Hash[] = [];
  const visit = (part: Part): void => {
    if (part.from === part.to) beside.push(rangeHash(part, node));
    else if (part.end - part.begin > 1) for (const half of halves(part, included)) visit(half);
  };
  if (end > begin) visit({ begin, end, from: 0, to: included.length });
  return beside;
};

/**
 * Works out the root of a tree of `size` leaves from included leaves and the hashes beside them, which it is given
 * one by one; it holds no more than a hash a level.
 */
export class BesideCheck {
  readonly #included: Indices;
  readonly #leafAt: (place: number) => Hash;
  /** What is still to be visited, the next at the end; `join` stands for two hashes that become one. */
  readonly #ahead: (Part | 'join')[];
  readonly #hashes: Hash[] = [];

  /** `leafAt`: the leaf hash of the included leaf at this place. @throws RangeError as `besideLeaves` */
  constructor(size: number, included: Indices, leafAt: (place: number) => Hash) {
    checkIndices(included, 0, size);
    this.#included = included;
    this.#leafAt = leafAt;
    this.#ahead = [{ begin: 0, end: size, from: 0, to: included.length }];
    this.#advance();
  }

  /** Takes the next hash; false where there is no place for one. */
  add(hash: Hash): boolean {
    if (this.#ahead.pop() === undefined) return false;
    this.#hashes.push(hash);
    this.#advance();
    return true;
  }

  /** The root; undefined while hashes are missing. */
  root(): Hash | undefined {
    return this.#ahead.length === 0 ? this.#hashes[0] : undefined;
  }

  /** Goes on to where a hash from outside is needed, or to the end. */
  #advance(): void {
    for (;;) {
      const next = this.#ahead.at(-1);
      if (next === undefined || (next !== 'join' && next.from === next.to)) return;
      this.#ahead.pop();
      if (next === 'join') {
        const right = this.#hashes.pop()!;
        this.#hashes.push(nodeHash(this.#hashes.pop()!, right));
      } else if (next.end - next.begin === 1) this.#hashes.push(this.#leafAt(next.from));
      else {
        const [left, right] = halves(next, this.#included);
        this.#ahead.push('join', right, left);
      }
    }
  }
}

/** Ranges of the tree, from left to right, that hold no included leaf or are no larger than `width` (a power of two). */
export const partsOf = (included: Indices, size: number, width: number): Part[] => {
  checkIndices(included, 0, size);
  const parts: Part[] = [];
  const visit = (part: Part): void => {
    if (part.from === part.to || part.end - part.begin <= width) parts.push(part);
    else for (const half of halves(part, included)) visit(half);
  };
  if (size > 0) visit({ begin: 0, end: size, from: 0, to: included.length });
  return parts;
};

const halves = ({ begin, end, from, to }: Part, included: Indices): [left: Part, right: Part] => {
  const middle = split({ begin, end });
  let low = from;
  let high = to;
  while (low < high) {
    const place = (low + high) >>> 1;
    if (included[place]! < middle) low = place + 1;
    else high = place;
  }
  return [
    { begin, end: middle, from, to: low },
    { begin: middle, end, from: low, to },
  ];
};

const checkIndices = (included: Indices, begin: number, end: number): void => {
  for (let place = 0; place < included.length; place++) {
    const before = place === 0 ? begin - 1 : included[place - 1]!;
    if (!(included[place]! > before && included[place]! < end))
      throw new RangeError('the indices do not ascend within the tree');
  }
};
