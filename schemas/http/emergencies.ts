import { z } from 'zod';
import { identifier, reference, uuid } from '../coding.ts';
import { dateTime, instant } from '../instant.ts';
import { written } from './common.ts';
import { route } from './route.ts';

export const emergencyRoutes = {
  declareEmergency: route({
    method: 'post',
    path: '/emergencies',
    tag: 'emergencies',
    summary: 'Break the glass: declare an emergency, for a reason and a time; it will be reviewed',
    access: 'declare-emergency',
    body: z
      .strictObject({
        patient: identifier,
        recipient: reference.describe('Who breaks the glass, by its own reference (S6.2)'),
        from: dateTime.optional().describe('Absent, or in the past: when it is recorded'),
        until: dateTime,
        reason: z.string().min(1).max(2000),
      })
      .meta({ id: 'Emergency' }),
    status: 201,
    response: z
      .strictObject({ declarationId: uuid, until: instant, ...written.shape })
      .meta({ id: 'WrittenEmergency' }),
    writes: true,
    failures: [
      'emergency-too-long',
      'emergency-over',
      'revision-mismatch',
      'write-contention',
      'outcome-unknown',
      'idempotency-key-reused',
    ],
  }),
};
