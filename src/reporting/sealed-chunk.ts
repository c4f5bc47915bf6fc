import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { EnvelopeBroken } from '../record/envelope.ts';
import { randomBytesPooled } from '../vault/random.ts';
import { release } from './release.ts';

/** What of an export is sealed, each in chunks of its own: what was asked, for whom, proofs, evidence, document. */
export type Part = 'request' | 'cohort' | 'heads' | 'package' | 'document';

/** Where a chunk belongs: it opens nowhere else. `isLast` lets nobody cut a part off unseen. */
export interface ChunkPlace {
  readonly exportId: string;
  readonly part: Part;
  /** From 0. */
  readonly number: number;
  readonly isLast: boolean;
}

const nonceLength = 12;
const tagLength = 16;

/** Seals with AES-256-GCM under a fresh random 96-bit nonce. Layout: nonce (12), ciphertext, tag (16). */
export const sealChunk = (key: KeyObject, place: ChunkPlace, plain: Buffer): Buffer => {
  const nonce = randomBytesPooled(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData(place));
  const body = cipher.update(plain);
  cipher.final();
  const sealed = Buffer.concat([nonce, body, cipher.getAuthTag()]);
  release(body);
  return sealed;
};

/** Opens what `sealChunk` sealed under the same key at the same place; throws EnvelopeBroken for anything else. */
export const openChunk = (key: KeyObject, place: ChunkPlace, sealed: Buffer): Buffer => {
  const tagAt = sealed.length - tagLength;
  if (tagAt < nonceLength) throw new EnvelopeBroken('not a chunk of an export');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(additionalData(place)).setAuthTag(sealed.subarray(tagAt));
  try {
    const plain = decipher.update(sealed.subarray(nonceLength, tagAt));
    decipher.final();
    return plain;
  } catch {
    throw new EnvelopeBroken('a chunk of an export does not open here');
  }
};

/** A JSON array, so that no two places share their bytes. */
const additionalData = ({ exportId, part, number, isLast }: ChunkPlace): Buffer =>
  Buffer.from(JSON.stringify(['export', exportId, part, number, isLast]), 'utf8');
