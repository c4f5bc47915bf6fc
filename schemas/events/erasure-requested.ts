import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { erasureTerms, officer } from '../erasure.ts';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  subject: uuid.describe('Whose record it is about'),
  patient: identifier,
  receivedAt: instant.describe('When it reached the controller: the clock of Art. 12(3) starts'),
  dueAt: instant.describe('The first moment after one month'),
  terms: erasureTerms,
  officer,
});

export type ErasureRequested = z.infer<typeof v1>;
export const erasureRequested = defineEvent(
  'ErasureRequested',
  'Erasure was asked for (GDPR Art. 17); sealed under a key of the request’s own',
  [],
  v1,
);
