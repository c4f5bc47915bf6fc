import { z } from 'zod';
import { uuid } from '../coding.ts';
import { agent, defineEvent } from './define.ts';

const v1 = z.strictObject({
  consentId: uuid,
  reason: z.string().min(1).max(2000),
  correctedBy: uuid.optional().describe('The grant that stands in its place, where this is a correction'),
  agent,
});

export type ConsentInvalidated = z.infer<typeof v1>;
export const consentInvalidated = defineEvent(
  'ConsentInvalidated',
  'A consent was entered in error (S2.3)',
  [],
  v1,
);
