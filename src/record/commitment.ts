import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** RFC 8785 text of a JSON value. Throws NotCanonical where there is none: a lone surrogate, NaN, no value. */
export const canonicalText = (value: unknown): string => {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw new NotCanonical(error instanceof Error ? error.message : 'not JSON');
  }
  if (text === undefined) throw new NotCanonical('no value');
  return text;
};

/** A value that has no canonical JSON form (RFC 8785 3.2): it can be neither committed to nor hashed. */
export class NotCanonical extends Error {
  readonly code = 'invalid-request';
}

/**
 * The commitment to a payload: base64url SHA-256 over a 32-byte random salt and the payload's RFC 8785 text. With
 * salt and payload anyone can check it; without the salt it says nothing, not even to who guesses the payload.
 */
export const commitmentOf = (salt: Buffer, canonicalPayload: string): string =>
  hash('sha256', Buffer.concat([salt, Buffer.from(canonicalPayload, 'utf8')]), 'base64url');

/** What tells a request's body from another's under one Idempotency-Key: base64url SHA-256 of its RFC 8785 text. */
export const requestHash = (body: unknown): string => hash('sha256', canonicalText(body), 'base64url');
