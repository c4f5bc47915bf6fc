import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { fail, ok, type Result } from '../../schemas/result.ts';

export interface BodyLimits {
  readonly bytes: number;
  /** How deep objects and lists may stand in each other. */
  readonly depth: number;
}

/** application/json, or a type built on it, in UTF-8. */
const json = /^application\/([a-z0-9.-]+\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const tooLarge = fail('body-too-large', 'the body has too many bytes');
const malformed = (detail: string) => fail('invalid-request', detail, '');

/**
 * The JSON value in the body of a request, within its limits: strict UTF-8, no compression, no lone surrogates
 * (which have no canonical form). It is read by hand, for this stands on the way of every check.
 */
export const readBody = (request: IncomingMessage, limits: BodyLimits): Promise<Result<unknown>> => {
  const refused = refusedUnread(request, limits);
  if (refused !== undefined) return Promise.resolve(refused);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limits.bytes) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      resolve(tooLarge);
    });
    request.on('end', () => resolve(read(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), limits)));
    request.on('error', () => resolve(malformed('the body did not arrive whole')));
  });
};

const refusedUnread = ({ headers }: IncomingMessage, limits: BodyLimits): Result<never> | undefined => {
  const { 'content-type': mediaType = '', 'content-encoding': encoding, 'content-length': length } = headers;
  if (!json.test(mediaType))
    return fail('media-type-unsupported', 'the body must be application/json in UTF-8');
  if (encoding !== undefined && encoding !== 'identity') {
    return fail('media-type-unsupported', 'the body must not be compressed');
  }
  return Number(length) > limits.bytes ? tooLarge : undefined;
};

const read = (bytes: Buffer, limits: BodyLimits): Result<unknown> => {
  if (!isUtf8(bytes)) return malformed('the body is not UTF-8');
  const text = bytes.toString('utf8');
  if (nestsDeeper(text, limits.depth)) return fail('body-too-large', 'the body is nested too deep');
  return parse(text);
};

/** Brackets outside of strings. Text that is no JSON may be judged wrongly here, and is refused after. */
const nestsDeeper = (text: string, limit: number): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      do {
        at = text.indexOf('"', at + 1);
        if (at === -1) return false;
      } while (isEscaped(text, at));
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
};

const isEscaped = (text: string, at: number): boolean => {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes += 1;
  return backslashes % 2 === 1;
};

/** A lone surrogate as JSON.stringify writes it. */
const loneSurrogate = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/;

const parse = (text: string): Result<unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    const escapes = text.includes('\\u');
    return escapes && loneSurrogate.test(JSON.stringify(value))
      ? malformed('the body holds half a character (a lone surrogate)')
      : ok(value);
  } catch {
    return malformed('the body is not JSON');
  }
};
