import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { entriesRoot } from '../../src/decisions/entries-tree.ts';

/** RFC 9162 section 2.1.1, as it is written there. */
const treeHash = (entries: readonly Buffer[]): Buffer => {
  const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0]!);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  return sha256(Buffer.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)));
};

test('the root is the Merkle tree hash over the commitments, for every size', () => {
  for (let size = 0; size <= 70; size += 1) {
    const commitments = Array.from({ length: size }, (_, n) => createHash('sha256').update(`${n}`).digest());
    const root = entriesRoot(commitments.map((commitment) => commitment.toString('base64url')));
    assert.equal(root, treeHash(commitments).toString('base64url'));
  }
});

test('the order of the entries is part of the root', () => {
  assert.notEqual(entriesRoot(['AAAA', 'BBBB']), entriesRoot(['BBBB', 'AAAA']));
});
