import { z } from 'zod';

/** One published version of an event type: its shape, and how a payload of it becomes the next version's. */
export interface EventVersion {
  readonly schema: z.ZodType;
  /** Absent in the newest version. Pure, total on what `schema` accepts. */
  readonly upcast?: (payload: unknown) => unknown;
}

/** An event type: its versions, oldest first; `versions[0]` is schema version 1. */
export interface EventDefinition<Payload = unknown> {
  readonly type: string;
  readonly description: string;
  readonly versions: readonly EventVersion[];
  /** The newest version's schema: what `evolve` and writers use. */
  readonly current: z.ZodType<Payload>;
}

/**
 * Defines an event type from its versions, oldest first; the last is current.
 *
 * @example defineEvent('ConsentRevoked', 'A consent was withdrawn', [], consentRevokedV1)
 */
export const defineEvent = <Payload>(
  type: string,
  description: string,
  older: readonly Required<EventVersion>[],
  current: z.ZodType<Payload>,
): EventDefinition<Payload> => ({ type, description, versions: [...older, { schema: current }], current });

/** Who acted: the token's own claims, never a free text. Part of each payload, hence sealed. */
export const agent = z
  .strictObject({
    issuer: z.string(),
    subject: z.string(),
    organisation: z.string().optional(),
  })
  .describe('Who recorded it: token issuer, subject and organisation');
export type Agent = z.infer<typeof agent>;
