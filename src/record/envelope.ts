import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { randomBytesPooled } from '../vault/random.ts';

/** Where an envelope belongs. It opens nowhere else: all of this is authenticated with it. */
export interface Place {
  readonly tenant: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly schemaVersion: number;
}

/** An envelope that is damaged, was moved, or was sealed under another key; which of these cannot be told. */
export class EnvelopeBroken extends Error {
  readonly code = 'record-unreadable';
}

const version = 1;
const nonceLength = 12;
const tagLength = 16;

/**
 * Seals `plain` with AES-256-GCM under a fresh random 96-bit nonce. Layout: version (1 byte), length of the key id
 * (1 byte), key id (UTF-8), nonce (12), ciphertext, tag (16).
 */
export const seal = (key: KeyObject, keyId: string, place: Place, plain: Buffer | string): Buffer => {
  const id = Buffer.from(keyId, 'utf8');
  if (id.length === 0 || id.length > 255) throw new RangeError('a key id has 1 to 255 bytes');
  const nonce = randomBytesPooled(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additionalData(keyId, place));
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final();
  return Buffer.concat([Buffer.of(version, id.length), id, nonce, body, cipher.getAuthTag()]);
};

/** Opens what `seal` sealed under the same key, key id and place; throws EnvelopeBroken for anything else. */
export const open = (key: KeyObject, keyId: string, place: Place, envelope: Buffer): Buffer => {
  const nonceAt = 2 + (envelope[1] ?? 0);
  const bodyAt = nonceAt + nonceLength;
  const tagAt = envelope.length - tagLength;
  if (envelope[0] !== version || tagAt < bodyAt) throw new EnvelopeBroken('not an envelope of this version');
  if (envelope.toString('utf8', 2, nonceAt) !== keyId) throw new EnvelopeBroken('sealed under another key');
  try {
    const nonce = envelope.subarray(nonceAt, bodyAt);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    decipher.setAAD(additionalData(keyId, place)).setAuthTag(envelope.subarray(tagAt));
    const plain = decipher.update(envelope.subarray(bodyAt, tagAt));
    decipher.final();
    return plain;
  } catch {
    throw new EnvelopeBroken('the envelope does not open here');
  }
};

/** A JSON array, so that no two places share their bytes. */
const additionalData = (keyId: string, place: Place): Buffer =>
  Buffer.from(
    JSON.stringify([place.tenant, place.stream, place.revision, place.type, place.schemaVersion, keyId]),
    'utf8',
  );
