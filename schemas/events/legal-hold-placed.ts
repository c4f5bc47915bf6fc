import { z } from 'zod';
import { exemptionGround, holdId, officer } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ holdId, ground: exemptionGround, reason: z.string().min(1), officer });

export type LegalHoldPlaced = z.infer<typeof v1>;
export const legalHoldPlaced = defineEvent(
  'LegalHoldPlaced',
  'A request may not be approved while this stands: an exemption of Art. 17(3), a legal hold among them',
  [],
  v1,
);
