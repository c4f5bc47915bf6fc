import { z } from 'zod';
import { reference, uuid } from '../coding.ts';
import { instant } from '../instant.ts';
import { agent, defineEvent } from './define.ts';

const v1 = z.strictObject({
  declarationId: uuid,
  recipient: reference.describe('Who breaks the glass; by its own reference (S6.2)'),
  from: instant.optional(),
  until: instant.describe('Exclusive'),
  reason: z.string().min(1).max(2000),
  agent,
});

export type EmergencyAccessDeclared = z.infer<typeof v1>;
export const emergencyAccessDeclared = defineEvent(
  'EmergencyAccessDeclared',
  'A recipient broke the glass, for a reason and a time (S6.2)',
  [],
  v1,
);
