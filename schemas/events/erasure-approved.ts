import { z } from 'zod';
import { officer, suppression } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  approved: z.int().min(0).describe('Revision of the request as it was approved'),
  suppression: suppression.optional(),
  officer,
});

export type ErasureApproved = z.infer<typeof v1>;
export const erasureApproved = defineEvent(
  'ErasureApproved',
  'A second person approved a request; from here on it is carried out',
  [],
  v1,
);
