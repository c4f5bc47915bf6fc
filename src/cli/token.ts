import { z } from 'zod';
import { scopes } from '../../schemas/http/scopes.ts';
import type { Millis } from '../../schemas/instant.ts';
import { developmentIssuer, mintToken } from '../access/development-issuer.ts';

/** What `consent-ledger token` is told; `scope` is separated by spaces or commas, absent: every scope. */
export const tokenOptions = z.strictObject({
  subject: z.string().min(1).default('developer').describe('Who asks'),
  tenant: z.string().min(1).default('default').describe('For which tenant'),
  organisation: z.string().min(1).optional().describe('As which organisation, as in Organization/f001'),
  person: z.string().min(1).optional().describe('Which natural person, as in Practitioner/7'),
  scope: z
    .string()
    .optional()
    .transform((text) => text?.split(/[\s,]+/).filter((name) => name !== ''))
    .pipe(z.array(z.enum(scopes)).min(1).optional())
    .describe('Scopes, separated by spaces or commas; absent: all'),
  minutes: z.coerce.number().positive().max(525_600).default(60).describe('How long it lasts'),
});
export type TokenOptions = z.input<typeof tokenOptions>;

/** What the command needs of the configuration. */
export interface TokenSettings {
  readonly dataFolder: string;
  readonly developmentIssuer: boolean;
}

/**
 * A token of the development issuer, for `Authorization: Bearer`.
 *
 * @throws where that issuer is off, or an option is wrong
 */
export const token = async (options: TokenOptions, settings: TokenSettings, now: Millis): Promise<string> => {
  if (!settings.developmentIssuer) {
    throw new Error(
      'The development issuer is off. Set developmentIssuer to true, on a development machine only.',
    );
  }
  const { subject, tenant, organisation, person, scope, minutes } = tokenOptions.parse(options);
  await developmentIssuer(settings.dataFolder);
  const request = {
    subject,
    tenant,
    organisation,
    person,
    scopes: scope ?? scopes,
    lifetimeSeconds: minutes * 60,
  };
  return mintToken(settings.dataFolder, request, now);
};
