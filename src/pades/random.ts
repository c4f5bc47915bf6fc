import { randomBytes } from 'node:crypto';
import { Integer } from 'asn1js';

/** A positive number of 16 random bytes: a serial number (RFC 5280, 4.1.2.2), or a nonce. */
export const randomInteger = (): Integer => {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return new Integer({ valueHex: bytes.buffer });
};
