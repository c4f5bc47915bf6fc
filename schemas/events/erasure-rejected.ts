import { z } from 'zod';
import { officer, rejectionGround } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ ground: rejectionGround, reason: z.string().min(1), officer });

export type ErasureRejected = z.infer<typeof v1>;
export const erasureRejected = defineEvent(
  'ErasureRejected',
  'A request was refused, with the reasons that the person is told (Art. 12(4))',
  [],
  v1,
);
