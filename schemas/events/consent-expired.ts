import { z } from 'zod';
import { uuid } from '../coding.ts';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  consentId: uuid,
  endedAt: instant.describe('The first moment after its period'),
});

export type ConsentExpired = z.infer<typeof v1>;
export const consentExpired = defineEvent(
  'ConsentExpired',
  'A consent ran out; a record for people (S2.5)',
  [],
  v1,
);
