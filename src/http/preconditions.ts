import { createHmac, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Problem } from '../../schemas/http/common.ts';
import { ok } from '../../schemas/result.ts';
import type { Principal } from '../access/principal.ts';
import type { RequestFailure } from './problem-reply.ts';

/** What the headers of a write ask for. */
export interface Preconditions {
  readonly idempotencyKey?: string;
  readonly expectedRevision?: number;
}

/** 1 to 200 visible ASCII characters; the quotes of the IETF draft are part of it. */
const idempotencyKey = /^[\x21-\x7e]{1,200}$/;
/** An ETag of this service, strong, as an answer gave it (RFC 9110 section 8.8.3). */
const etag = /^"(-1|0|[1-9]\d{0,15})"$/;

export const etagOf = (revision: number): string => `"${revision}"`;

type Outcome =
  | { readonly ok: true; readonly value: Preconditions }
  | { readonly ok: false; readonly error: RequestFailure };

/** Reads Idempotency-Key and If-Match; a header that is there and not understood is refused, never ignored. */
export const preconditionsOf = (headers: IncomingHttpHeaders): Outcome => {
  const { 'idempotency-key': key, 'if-match': match } = headers;
  if (key !== undefined && (typeof key !== 'string' || !idempotencyKey.test(key))) {
    return refused('Idempotency-Key', 'it must be 1 to 200 visible ASCII characters');
  }
  const [, revision] = match === undefined ? [] : (etag.exec(match) ?? []);
  if (match !== undefined && revision === undefined) {
    return refused('If-Match', 'it must be one ETag as an answer of this service gave it');
  }
  return ok({
    ...(key !== undefined && { idempotencyKey: key }),
    ...(revision !== undefined && { expectedRevision: Number(revision) }),
  });
};

const refused = (pointer: string, detail: string): Outcome => {
  const errors: Problem['errors'] = [{ in: 'header', pointer, rule: 'invalid-format', detail }];
  return { ok: false, error: { code: 'invalid-request', detail: 'a header breaks its rule', errors } };
};

/**
 * The id of a request, a UUID (RFC 9562 version 8), out of who asks, of what it is about, and the key that was
 * given: the ids of its events derive from it, so that a retry writes nothing twice. It is keyed, for it stands in
 * the log in clear, and what it is made of may be guessed.
 */
export const requestIdOf = (
  secret: KeyObject,
  { tenant, issuer, subject }: Principal,
  about: string,
  key: string,
): string => {
  const name = JSON.stringify([tenant, issuer, subject, about, key]);
  const bytes = createHmac('sha256', secret).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
