import { z } from 'zod';

/** Signature algorithms that a token may use; symmetric ones and `none` cannot be configured. */
export const tokenAlgorithm = z.enum(['EdDSA', 'ES256', 'PS256', 'RS256']);
export type Algorithm = z.infer<typeof tokenAlgorithm>;

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

const jwksUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  const url = new URL(text);
  return url.protocol === 'https:' || loopback.has(url.hostname);
}, 'keys come over https; over http only from this machine');

/** An issuer whose tokens are accepted (RFC 9068), and what they must say. */
export const trustedIssuer = z
  .strictObject({
    issuer: z.string().min(1).describe('The exact `iss` of its tokens'),
    audience: z.string().min(1).describe('Must be in `aud`: how this service is named by the issuer'),
    jwksUrl: jwksUrl.optional().describe('Where its keys are published (RFC 7517)'),
    jwksFile: z.string().min(1).optional().describe('A file that holds them instead'),
    algorithms: z
      .array(tokenAlgorithm)
      .min(1)
      .default(['EdDSA', 'ES256', 'PS256'])
      .describe('The signature algorithms that it uses'),
    tenantClaim: z.string().min(1).default('tenant').describe('The claim that names the tenant'),
    organisationClaim: z
      .string()
      .min(1)
      .default('organisation')
      .describe('The claim that names the organisation, as a reference'),
    tenants: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('The tenants that it may speak for; absent: any. Set it wherever there are several issuers'),
    requiredClaims: z.array(z.string().min(1)).default([]).describe('Further claims that a token must have'),
    clockToleranceSeconds: z
      .number()
      .min(0)
      .max(300)
      .default(30)
      .describe('How far its clock may be from ours'),
    keysMaxAgeSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(3600)
      .describe('How long known keys serve while the issuer cannot be reached; then requests fail'),
  })
  .refine(
    (value) => (value.jwksUrl === undefined) !== (value.jwksFile === undefined),
    'either jwksUrl or jwksFile is needed, not both',
  );
export type TrustedIssuer = z.infer<typeof trustedIssuer>;
