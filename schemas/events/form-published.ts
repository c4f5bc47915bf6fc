import { z } from 'zod';
import { agent, defineEvent } from './define.ts';

/** How consents under one form stand to each other (SEMANTICS S2.4, S7.1). One for all versions of a form. */
export const combining = z.enum(['independent', 'replacing', 'overlay']);
export type Combining = z.infer<typeof combining>;

const v1 = z.strictObject({
  formId: z.string(),
  version: z.string(),
  combining,
  title: z.string(),
  language: z.string(),
  textSha256: z.string().describe('SHA-256, lower-case hex, of the text that is shown'),
  agent,
});

export type FormPublished = z.infer<typeof v1>;
export const formPublished = defineEvent(
  'FormPublished',
  'A version of a consent form was published',
  [],
  v1,
);
