import { hash } from 'node:crypto';

/** A UUID (RFC 9562 version 8) made of a name by SHA-256: the same name gives the same id, on every node. */
export const uuidOf = (name: string): string => {
  const bytes = hash('sha256', name, 'buffer').subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** The id of the n-th event (from 0) that a request led to, so that a retry makes the same events. */
export const eventIdOf = (requestId: string, n: number): string =>
  n === 0 ? requestId : uuidOf(`${requestId}/${n}`);
