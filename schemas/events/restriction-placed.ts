import { z } from 'zod';
import { uuid } from '../coding.ts';
import { agent, defineEvent } from './define.ts';

/** Why processing is restricted: GDPR Art. 18(1)(a) to (d). */
export const restrictionGround = z.enum(['a', 'b', 'c', 'd']).describe('GDPR Art. 18(1), its letter');

const v1 = z.strictObject({
  restrictionId: uuid,
  ground: restrictionGround,
  reason: z.string(),
  agent,
});

export type RestrictionPlaced = z.infer<typeof v1>;
export const restrictionPlaced = defineEvent(
  'RestrictionPlaced',
  'Processing is restricted (GDPR Art. 18): every answer is deny while it stands (S2.8)',
  [],
  v1,
);
