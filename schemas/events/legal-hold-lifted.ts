import { z } from 'zod';
import { holdId, officer } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ holdId, reason: z.string().min(1), officer });

export type LegalHoldLifted = z.infer<typeof v1>;
export const legalHoldLifted = defineEvent('LegalHoldLifted', 'A hold no longer stands', [], v1);
