import { randomFillSync } from 'node:crypto';

/**
 * Random bytes by the pool: one call of the system for many nonces, since the call costs more than the bytes.
 *
 * Hazard: a byte that is given twice may repeat a nonce, which breaks AES-GCM. So the pool belongs to this module
 * (each thread loads its own), the offset moves before a byte leaves, what leaves is a copy, and what left is
 * wiped here.
 */
const pool = Buffer.alloc(16_384);
let offset = pool.length;

/** `size` fresh random bytes; at most the pool's 16 KiB. */
export const randomBytesPooled = (size: number): Buffer => {
  if (size > pool.length) throw new RangeError(`at most ${pool.length} random bytes at once`);
  if (offset + size > pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const start = offset;
  offset += size;
  const bytes = Buffer.from(pool.subarray(start, offset));
  pool.fill(0, start, offset);
  return bytes;
};
