import { z } from 'zod';
import { officer, suppression } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  approved: z.int().min(0).describe('Revision of the request as it was approved'),
  suppression: suppression.optional(),
  officer,
});

/** Since version 2 an approval may say how much of the record whoever approves had read. */
const v2 = v1.extend({
  recordRevision: z.int().min(0).optional().describe('Revision of the patient’s record as it was read'),
});

export type ErasureApproved = z.infer<typeof v2>;
export const erasureApproved = defineEvent(
  'ErasureApproved',
  'A second person approved a request; from here on it is carried out',
  [{ schema: v1, upcast: (payload) => payload }],
  v2,
);
