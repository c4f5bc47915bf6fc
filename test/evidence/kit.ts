import type { Head, Heads } from '../../src/evidence/heads-tree.ts';

/** Heads as the tree takes them: in order of their keys, 72 bytes each. */
export const packed = (heads: readonly Head[]): Heads =>
  Buffer.concat(
    heads
      .toSorted((a, b) => a.key.compare(b.key))
      .map(({ key, count, hash }) => {
        const number = Buffer.alloc(8);
        number.writeBigUInt64BE(BigInt(count));
        return Buffer.concat([key, number, hash]);
      }),
  );
