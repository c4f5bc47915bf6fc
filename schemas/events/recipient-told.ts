import { z } from 'zod';
import { reference } from '../coding.ts';
import { officer } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ recipient: reference, how: z.string().min(1), officer });

export type RecipientTold = z.infer<typeof v1>;
export const recipientTold = defineEvent(
  'RecipientTold',
  'A recipient was told of an erasure (Art. 19)',
  [],
  v1,
);
