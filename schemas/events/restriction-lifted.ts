import { z } from 'zod';
import { uuid } from '../coding.ts';
import { agent, defineEvent } from './define.ts';

const v1 = z.strictObject({ restrictionId: uuid, reason: z.string(), agent });

export type RestrictionLifted = z.infer<typeof v1>;
export const restrictionLifted = defineEvent(
  'RestrictionLifted',
  'A restriction of processing stands no longer (GDPR Art. 18(3))',
  [],
  v1,
);
