import { emptySubtree, join, type Subtree } from './heads-tree.ts';

const hashBytes = 32;

/** Set beside the weight of a node that is not divided. */
const bucketFlag = 4;

/**
 * The upper part of the heads tree in memory, in two flat arrays: a Buffer a hash would cost five times as much.
 * Nodes are numbered as in a heap: 1 is the root, n has the children 2n and 2n + 1.
 */
export class Subtrees {
  #hashes = Buffer.alloc(2 * hashBytes);
  #weights = new Uint8Array(2);

  /** Its hash is a view, and changes with the next `set`. */
  get(node: number): Subtree {
    const weight = ((this.#weights[node] ?? 0) & 3) as Subtree['weight'];
    if (weight === 0) return emptySubtree;
    return { hash: this.#hashes.subarray(node * hashBytes, (node + 1) * hashBytes), weight };
  }

  /** Whether the heads below this node are one bucket. */
  isBucket(node: number): boolean {
    return ((this.#weights[node] ?? 0) & bucketFlag) !== 0;
  }

  /** Has the heads below this node be one bucket, or two, the children's. */
  mark(node: number, isBucket: boolean): void {
    this.#makeRoomFor(node);
    this.#weights[node] = isBucket ? bucketFlag : 0;
  }

  set(node: number, { hash, weight }: Subtree): void {
    this.#weights[node] = (this.#weights[node]! & bucketFlag) | weight;
    this.#hashes.set(hash, node * hashBytes);
  }

  /** Hashes each node above these once, the deepest first. */
  rise(nodes: Iterable<number>): void {
    const levels = Array.from({ length: depthOf(this.#weights.length) }, () => new Set<number>());
    const parentOf = (node: number) => levels[depthOf(node) - 1]?.add(node >>> 1);
    for (const node of nodes) parentOf(node);
    for (let depth = levels.length - 1; depth >= 0; depth--) {
      for (const node of levels[depth]!) {
        this.set(node, join(this.get(node * 2), this.get(node * 2 + 1)));
        parentOf(node);
      }
    }
  }

  #makeRoomFor(node: number): void {
    const room = 2 ** (depthOf(node) + 1);
    if (room <= this.#weights.length) return;
    const hashes = Buffer.alloc(room * hashBytes);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const weights = new Uint8Array(room);
    weights.set(this.#weights);
    this.#weights = weights;
  }
}

export const depthOf = (node: number): number => 31 - Math.clz32(node);
