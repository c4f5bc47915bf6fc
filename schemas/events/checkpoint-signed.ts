import { z } from 'zod';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  note: z
    .string()
    .describe('C2SP signed note over a C2SP tlog-checkpoint with two lines more (docs/evidence-format.md)'),
});

export type CheckpointSigned = z.infer<typeof v1>;
export const checkpointSigned = defineEvent(
  'CheckpointSigned',
  'The ledger committed itself to the log up to here: how long it is, its Merkle root, and the heads of its streams',
  [],
  v1,
);
