import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Scope } from '../../schemas/http/scopes.ts';
import type { Millis } from '../../schemas/instant.ts';
import { type TrustedIssuer, trustedIssuer } from './issuer.ts';

const issuer = 'urn:consent-ledger:development-issuer';
const audience = 'urn:consent-ledger:development';

const privateFile = (folder: string) => join(folder, 'development-issuer', 'private.json');
const publicFile = (folder: string) => join(folder, 'development-issuer', 'jwks.json');

/**
 * An issuer of this machine's own, for development: whoever can read the data folder can mint any token. It is
 * off unless it is configured. Its key pair is made in `folder` (the data folder) when there is none yet.
 */
export const developmentIssuer = async (folder: string): Promise<TrustedIssuer> => {
  const jwksFile = publicFile(folder);
  const made = await readFile(jwksFile).catch(() => undefined);
  if (made === undefined) await makeKeys(folder);
  return trustedIssuer.parse({ issuer, audience, jwksFile, algorithms: ['EdDSA'] });
};

const makeKeys = async (folder: string): Promise<void> => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const named = { kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA' };
  await mkdir(join(folder, 'development-issuer'), { mode: 0o700, recursive: true });
  await writeFile(privateFile(folder), JSON.stringify({ ...(await exportJWK(privateKey)), ...named }), {
    mode: 0o600,
  });
  await writeFile(publicFile(folder), JSON.stringify({ keys: [{ ...jwk, ...named }] }), { mode: 0o600 });
};

export interface TokenRequest {
  readonly subject: string;
  readonly tenant: string;
  readonly organisation?: string | undefined;
  readonly person?: string | undefined;
  readonly scopes: readonly Scope[];
  readonly lifetimeSeconds: number;
}

/** Mints an access token (RFC 9068) with the key that `developmentIssuer(folder)` made; rejects where there is none. */
export const mintToken = async (folder: string, request: TokenRequest, now: Millis): Promise<string> => {
  const jwk = JSON.parse(await readFile(privateFile(folder), 'utf8')) as JWK;
  const { subject, tenant, organisation, person, scopes, lifetimeSeconds } = request;
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    client_id: subject,
    tenant,
    ...(organisation !== undefined && { organisation }),
    ...(person !== undefined && { fhirUser: person }),
    scope: scopes.join(' '),
  })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'EdDSA', kid: jwk.kid! })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(await importJWK(jwk, 'EdDSA'));
};
