import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { restrictionGround } from '../events/restriction-placed.ts';
import { written } from './common.ts';
import { route } from './route.ts';

const restrictionId = uuid.describe('Random id of a restriction');
const reason = z.string().min(1).max(2000);
const writtenRestriction = z
  .strictObject({ restrictionId, ...written.shape })
  .meta({ id: 'WrittenRestriction' });

const failures = [
  'patient-unknown',
  'revision-mismatch',
  'write-contention',
  'outcome-unknown',
  'idempotency-key-reused',
] as const;

export const restrictionRoutes = {
  placeRestriction: route({
    method: 'post',
    path: '/restrictions',
    tag: 'patients',
    summary: 'Restrict processing (GDPR Art. 18): every answer about the patient is deny until it is lifted',
    access: 'restrict-processing',
    body: z
      .strictObject({ patient: identifier, ground: restrictionGround, reason })
      .meta({ id: 'Restriction' }),
    status: 201,
    response: writtenRestriction,
    writes: true,
    failures,
  }),
  liftRestriction: route({
    method: 'post',
    path: '/restrictions/{restrictionId}/liftings',
    tag: 'patients',
    summary: 'Lift a restriction, once the person was told (Art. 18(3))',
    access: 'restrict-processing',
    params: z.strictObject({ restrictionId }),
    body: z.strictObject({ patient: identifier, reason }),
    status: 201,
    response: writtenRestriction,
    writes: true,
    failures: [...failures, 'not-found'],
  }),
};
