import { z } from 'zod';
import { officer } from '../erasure.ts';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ dueAt: instant, reason: z.string().min(1), officer });

export type ErasureExtended = z.infer<typeof v1>;
export const erasureExtended = defineEvent(
  'ErasureExtended',
  'A request was given two further months, with a reason that the person is told (Art. 12(3))',
  [],
  v1,
);
