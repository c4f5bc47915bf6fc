import { z } from 'zod';
import { uuid } from '../coding.ts';
import { instant } from '../instant.ts';
import { agent, defineEvent } from './define.ts';

const v1 = z.strictObject({
  consentId: uuid,
  effectiveAt: instant.optional().describe('Absent: when it was recorded, or signed if that is later (S2.2)'),
  reason: z.string().max(2000).optional(),
  agent,
});

export type ConsentRevoked = z.infer<typeof v1>;
export const consentRevoked = defineEvent('ConsentRevoked', 'A consent was withdrawn', [], v1);
