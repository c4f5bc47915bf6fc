import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type Algorithm, trustedIssuer } from '../../src/access/issuer.ts';

export interface TestKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export const makeKey = async (kid: string, algorithm: Algorithm = 'EdDSA'): Promise<TestKey> => {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { kid, algorithm, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm } };
};

export const issuerName = 'https://issuer.example';
export const audience = 'https://ledger.example';

/** The claims of a good token at `now` (milliseconds). */
export const goodClaims = (now: number): Record<string, unknown> => ({
  iss: issuerName,
  sub: 'clinician-1',
  aud: audience,
  client_id: 'app-1',
  jti: 'token-1',
  iat: Math.floor(now / 1000),
  exp: Math.floor(now / 1000) + 300,
  tenant: 'tenant-a',
  organisation: 'Organization/a',
  scope: 'decisions:ask consents:read',
});

export const sign = (
  key: TestKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ typ: 'at+jwt', alg: key.algorithm, kid: key.kid, ...header })
    .sign(key.privateKey);

/** A trusted issuer whose keys stand in a file; `publish` replaces them. */
export const fileIssuer = async (keys: readonly TestKey[], settings: Record<string, unknown> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'issuer-'));
  const jwksFile = join(folder, 'jwks.json');
  const publish = (published: readonly TestKey[]) =>
    writeFile(jwksFile, JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  await publish(keys);
  const issuer = trustedIssuer.parse({
    issuer: issuerName,
    audience,
    jwksFile,
    algorithms: ['EdDSA', 'ES256', 'PS256'],
    ...settings,
  });
  return { issuer, jwksFile, publish, remove: () => rm(folder, { recursive: true }) };
};
