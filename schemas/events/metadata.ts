import { z } from 'zod';

/** What machines need of an event, in clear; nothing of a person. */
export const metadata = z.strictObject({
  schemaVersion: z.int().min(1),
  tenant: z.string().min(1),
  keyId: z
    .string()
    .min(1)
    .optional()
    .describe('Whose key seals the data: the subject; absent where it is not sealed'),
  commitment: z.string().describe('base64url SHA-256 over salt and canonical payload (RFC 8785)'),
  correlationId: z.string().optional().describe('W3C trace id of the request'),
  causationId: z.string().optional().describe('W3C parent id, or the event that this one follows from'),
});
export type Metadata = z.infer<typeof metadata>;
