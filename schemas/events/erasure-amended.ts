import { z } from 'zod';
import { erasureTerms, officer } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ terms: erasureTerms, officer });

export type ErasureAmended = z.infer<typeof v1>;
export const erasureAmended = defineEvent(
  'ErasureAmended',
  'What a request says was corrected; whoever did cannot approve it',
  [],
  v1,
);
