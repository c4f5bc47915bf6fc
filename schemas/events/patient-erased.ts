import { z } from 'zod';
import { uuid } from '../coding.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  erasureId: uuid.describe('Random id of the request that it was done on'),
});

export type PatientErased = z.infer<typeof v1>;
export const patientErased = defineEvent(
  'PatientErased',
  'The stream is closed and the key of its subject is destroyed; not sealed, as nothing of a person is in it',
  [],
  v1,
);
