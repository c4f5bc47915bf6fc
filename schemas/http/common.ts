import { z } from 'zod';
import { uuid } from '../coding.ts';
import { failureCodes } from '../failures.ts';
import { instant } from '../instant.ts';

/** The position of a write, as a former answer gave it; opaque. */
export const position = z
  .string()
  .min(1)
  .max(200)
  .describe(
    'From the answer to a write: the read waits until it has been counted, or says that it is pending',
  );

/** Where the next page begins, as a former answer gave it; opaque. */
export const cursor = z
  .string()
  .min(1)
  .max(1000)
  .describe('`next` of the former page; it stays good across writes');

export const revision = z.int().min(-1).describe('Revision of the stream; also the ETag');

export const eventId = uuid.describe('Id of the event');

/** What a write answers: where its events stand. `position` may be given to a later read. */
export const written = z.strictObject({
  revision,
  position,
  recordedAt: instant.describe('When it was recorded, by the clock of the store'),
});

/** RFC 9457 problem details. Nothing that was sent is repeated in them. */
export const problem = z
  .strictObject({
    type: z.string().describe('A URI reference that leads to a description: /problems/<code>'),
    title: z.string(),
    status: z.int(),
    code: z.enum(failureCodes).describe('Stable; the last part of `type`'),
    detail: z.string(),
    pointer: z.string().optional().describe('RFC 6901 pointer to the member of the body that broke the rule'),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string(),
          rule: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Every member that broke a rule of the shape of the request'),
    correlationId: z.string().describe('W3C trace id, to be quoted when asking for help'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
