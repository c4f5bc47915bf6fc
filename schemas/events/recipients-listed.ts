import { z } from 'zod';
import { recipient } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  recipients: z.array(recipient),
  upTo: z.int().min(0).describe('Log index up to which answers were counted'),
});

export type RecipientsListed = z.infer<typeof v1>;
export const recipientsListed = defineEvent(
  'RecipientsListed',
  'Who must be told of an erasure (Art. 19), taken from the logged answers before their key is destroyed',
  [],
  v1,
);
