import { readFile } from 'node:fs/promises';
import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { Algorithm, TrustedIssuer } from './issuer.ts';
import { strictObject } from './strict-json.ts';

const maxBytes = 256 * 1024;
const timeoutMs = 5000;

/** A public key that an issuer publishes, for one algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  /** RFC 7638: by this a key is known again when the set is read anew. */
  readonly thumbprint: string;
  readonly key: CryptoKey;
}

const keyType: Readonly<Record<Algorithm, { readonly kty: string; readonly crv?: string }>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  ES256: { kty: 'EC', crv: 'P-256' },
  PS256: { kty: 'RSA' },
  RS256: { kty: 'RSA' },
};

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

const serves = (jwk: JWK, algorithm: Algorithm): boolean =>
  jwk.kty === keyType[algorithm].kty &&
  jwk.crv === keyType[algorithm].crv &&
  (jwk.alg === undefined || jwk.alg === algorithm) &&
  (jwk.use === undefined || jwk.use === 'sig') &&
  (jwk.key_ops === undefined || jwk.key_ops.includes('verify'));

/** The members of a public key; a private part, should an issuer publish it by mistake, is not taken in. */
const publicPart = ({ kty, crv, x, y, n, e }: JWK): JWK =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK;

/**
 * The usable keys of a JWK set (RFC 7517 section 5: others are ignored).
 *
 * @throws where it is no JWK set
 */
export const readKeys = async (
  document: unknown,
  algorithms: readonly Algorithm[],
): Promise<VerificationKey[]> => {
  const found: VerificationKey[] = [];
  for (const published of keySet.parse(document).keys) {
    const jwk = published as JWK;
    for (const algorithm of algorithms.filter((name) => serves(jwk, name))) {
      try {
        const key = (await importJWK(publicPart(jwk), algorithm)) as CryptoKey;
        const thumbprint = await calculateJwkThumbprint(publicPart(jwk));
        found.push({ kid: jwk.kid, algorithm, thumbprint, key });
      } catch {
        // a malformed key is as good as none
      }
    }
  }
  return found;
};

const limited = async (body: ReadableStream<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const fetched = async (url: string): Promise<Uint8Array> => {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200 || response.body === null) throw new Error('the key set was not given');
  return limited(response.body);
};

/**
 * How the key set of an issuer is read, each time anew: from its URL (5 s, 256 KiB, no redirects) or its file.
 * The function rejects when it cannot be had.
 */
export const jwksReader =
  ({ jwksUrl, jwksFile }: Pick<TrustedIssuer, 'jwksUrl' | 'jwksFile'>) =>
  async (): Promise<unknown> =>
    strictObject(jwksUrl === undefined ? await readFile(jwksFile!) : await fetched(jwksUrl));
