import { leafHash, nodesOver, rootOf } from '../evidence/merkle.ts';

/**
 * The commitment of a DecisionsRecorded event: the Merkle tree hash (RFC 9162 section 2.1.1) over the commitments
 * of its entries, in their order; so that an export shows one patient's entries and hides the others'.
 * Takes and gives base64url.
 */
export const entriesRoot = (commitments: readonly string[]): string => {
  const leaves = commitments.map((commitment) => leafHash(Buffer.from(commitment, 'base64url')));
  return rootOf(leaves.length, nodesOver(leaves)).toString('base64url');
};
