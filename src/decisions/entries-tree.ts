import { leafHash, type NodeReader, nodeHash, rootOf } from '../evidence/merkle.ts';

/**
 * The commitment of a DecisionsRecorded event: the Merkle tree hash (RFC 9162 section 2.1.1) over the commitments
 * of its entries, in their order; so that an export shows one patient's entries and hides the others'.
 * Takes and gives base64url.
 */
export const entriesRoot = (commitments: readonly string[]): string =>
  rootOf(commitments.length, entriesTree(commitments)).toString('base64url');

/** Small enough that its inner nodes are hashed anew for each root. */
const entriesTree = (commitments: readonly string[]): NodeReader => {
  const leaves = commitments.map((commitment) => leafHash(Buffer.from(commitment, 'base64url')));
  const node: NodeReader = (level, index) =>
    level === 0 ? leaves[index]! : nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  return node;
};
