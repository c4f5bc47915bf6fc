import { z } from 'zod';
import type { Millis } from '../../schemas/instant.ts';
import type { TrustedIssuer } from './issuer.ts';
import type { Principal } from './principal.ts';

const text = z.string().min(1).max(1000);
/** NumericDate (RFC 7519 section 2): seconds. */
const seconds = z.number().finite().nonnegative();

/** What RFC 9068 section 2.2 requires of an access token. */
const required = z.object({
  sub: text,
  aud: z.union([text, z.array(text).min(1)]),
  client_id: text,
  jti: text,
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
  scope: z.string().max(4000).optional(),
  fhirUser: text.optional(),
  // bound to a key that the sender must prove (RFC 7800, RFC 9449): as a mere bearer's token it proves nothing
  cnf: z.undefined().optional(),
});

export type Judged =
  | { readonly principal: Principal; readonly expiresAt: Millis }
  | { readonly refused: string };

const refused = (why: string): Judged => ({ refused: why });

/**
 * Judges the claims of a token whose signature is good and whose `iss` is this issuer's. `refused` says which rule it breaks, without any value
 * from the token.
 */
export const judgeClaims = (claims: Record<string, unknown>, issuer: TrustedIssuer, now: Millis): Judged => {
  const parsed = required.safeParse(claims);
  if (!parsed.success) return refused(`claim ${String(parsed.error.issues[0]!.path[0])}`);
  const { sub, aud, client_id, exp, iat, nbf, fhirUser, scope = '' } = parsed.data;
  const tolerance = issuer.clockToleranceSeconds * 1000;
  if (![aud].flat().includes(issuer.audience)) return refused('claim aud');
  if (now >= exp * 1000 + tolerance) return refused('expired');
  if (Math.max(iat, nbf ?? 0) * 1000 > now + tolerance) return refused('not yet valid');
  const missing = issuer.requiredClaims.find((name) => !Object.hasOwn(claims, name));
  if (missing !== undefined) return refused('a required claim is missing');
  const tenant = text.safeParse(Object.hasOwn(claims, issuer.tenantClaim) && claims[issuer.tenantClaim]);
  if (!tenant.success) return refused('claim for the tenant');
  if (issuer.tenants !== undefined && !issuer.tenants.includes(tenant.data)) {
    return refused('a tenant that the issuer does not speak for');
  }
  const organisation = text
    .optional()
    .safeParse(
      Object.hasOwn(claims, issuer.organisationClaim) ? claims[issuer.organisationClaim] : undefined,
    );
  if (!organisation.success) return refused('claim for the organisation');
  const principal: Principal = {
    issuer: issuer.issuer,
    subject: sub,
    client: client_id,
    tenant: tenant.data,
    ...(organisation.data !== undefined && { organisation: organisation.data }),
    ...(fhirUser !== undefined && { person: fhirUser }),
    scopes: new Set(scope.split(' ').filter((name) => name !== '')),
  };
  return { principal, expiresAt: exp * 1000 };
};
