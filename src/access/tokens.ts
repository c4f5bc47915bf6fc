import { hash } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { z } from 'zod';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { judgeClaims } from './claims.ts';
import { type TrustedIssuer, tokenAlgorithm } from './issuer.ts';
import { jwksReader, type VerificationKey } from './jwks.ts';
import { type KeySet, openKeySet } from './key-set.ts';
import type { Principal } from './principal.ts';
import { strictObject } from './strict-json.ts';

/** Longer tokens are refused unread. */
const maxTokenLength = 8192;
const compact = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

/** RFC 9068 section 4: an access token and nothing else; keys come from the issuer, never out of the token. */
const header = z.object({
  typ: z.string().regex(/^(application\/)?at\+jwt$/i),
  alg: tokenAlgorithm,
  kid: z.string().min(1).max(500).optional(),
  crit: z.undefined().optional(),
  b64: z.undefined().optional(),
  jwk: z.undefined().optional(),
  jku: z.undefined().optional(),
  x5u: z.undefined().optional(),
  x5c: z.undefined().optional(),
});

export interface TokenOptions {
  readonly issuers: readonly TrustedIssuer[];
  readonly clock: () => Millis;
  /** How many verified tokens are remembered. */
  readonly cacheSize: number;
  /** Told the issuer whose keys could not be read. */
  readonly onKeysUnavailable?: (issuer: string) => void;
}

export interface Tokens {
  /**
   * Who sent this `Authorization` header. Fails with `token-missing`, `token-invalid` (which names the rule that
   * was broken, never a value) or `keys-unavailable`.
   */
  principalOf(authorization: string | undefined): Promise<Result<Principal>>;
}

interface Verified {
  readonly principal: Principal;
  readonly expiresAt: Millis;
  readonly key: VerificationKey;
  readonly keySet: KeySet;
}

const invalid = (why: string): Result<never> => fail('token-invalid', `the token is refused: ${why}`);

const decoded = (part: string) => strictObject(Buffer.from(part, 'base64url'));

/** The tokens of the trusted issuers, verified once and then remembered until they end or their key is withdrawn. */
export const openTokens = ({ issuers, clock, cacheSize, onKeysUnavailable }: TokenOptions): Tokens => {
  const trusted = new Map(
    issuers.map((settings) => {
      const keySet = openKeySet({
        read: jwksReader(settings),
        algorithms: settings.algorithms,
        clock,
        maxAgeMs: settings.keysMaxAgeSeconds * 1000,
        onUnavailable: () => onKeysUnavailable?.(settings.issuer),
      });
      return [settings.issuer, { settings, keySet }];
    }),
  );
  /** By SHA-256 of the token, so that no token that works is kept; the least recently used is first. */
  const verified = new Map<string, Verified>();

  const remember = (digest: string, entry: Verified) => {
    if (verified.size >= cacheSize) verified.delete(verified.keys().next().value!);
    verified.set(digest, entry);
  };

  const recall = (digest: string): Principal | undefined => {
    const entry = verified.get(digest);
    if (entry === undefined) return undefined;
    verified.delete(digest);
    if (clock() >= entry.expiresAt || !entry.keySet.holds(entry.key)) return undefined;
    verified.set(digest, entry);
    return entry.principal;
  };

  const verify = async (token: string): Promise<Result<Verified>> => {
    const parts = compact.exec(token);
    if (parts === null) return invalid('it is no compact JWS');
    const head = header.safeParse(decoded(parts[1]!));
    if (!head.success) return invalid('header');
    const claims = decoded(parts[2]!);
    if (claims === undefined) return invalid('payload');
    const from = trusted.get(typeof claims.iss === 'string' ? claims.iss : '');
    if (from === undefined) return invalid('claim iss');
    const { settings, keySet } = from;
    const key = await keySet.find(head.data.alg, head.data.kid);
    if (!key.ok) return key;
    if (key.value === undefined) return invalid('key');
    try {
      await compactVerify(token, key.value.key, { algorithms: [head.data.alg] });
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return invalid('signature');
      throw error;
    }
    const judged = judgeClaims(claims, settings, clock());
    return 'refused' in judged ? invalid(judged.refused) : ok({ ...judged, key: key.value, keySet });
  };

  return {
    async principalOf(authorization) {
      if (authorization === undefined) return fail('token-missing', 'a bearer token is needed');
      const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      if (token === undefined) return invalid('it is no bearer token');
      if (token.length > maxTokenLength) return invalid('it is too long');
      const digest = hash('sha256', token, 'base64url');
      const known = recall(digest);
      if (known !== undefined) return ok(known);
      const result = await verify(token);
      if (!result.ok) return result;
      remember(digest, result.value);
      return ok(result.value.principal);
    },
  };
};
