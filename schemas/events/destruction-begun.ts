import { z } from 'zod';
import { recipient } from '../erasure.ts';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  closedAt: instant.describe('When PatientErased was recorded'),
  closedRevision: z.int().min(0).describe('Its revision: so many events stand before it'),
  epoch: z.int().optional().describe('Of the key that wraps the data key; absent where it was gone already'),
  recipients: z.array(recipient).describe('Of answers that were still on their way when they were listed'),
  upTo: z.int().min(0),
});

export type DestructionBegun = z.infer<typeof v1>;
export const destructionBegun = defineEvent(
  'DestructionBegun',
  'The stream is closed and every node has heard; next the data key is destroyed',
  [],
  v1,
);
