import type { Identifier } from '../../../schemas/coding.ts';
import { fail, ok, type Result } from '../../../schemas/result.ts';
import type { SubjectKey } from '../../vault/keyring.ts';
import type { Services } from '../services.ts';

export const patientUnknown = fail('patient-unknown', 'nothing is recorded of this patient', '/patient');

/** Waits, for a bounded time, until the log of this node holds what was written at `position`. */
export const reached = async (
  { eventLog, projections, limits }: Services,
  position: string | undefined,
): Promise<Result<void>> => {
  if (position === undefined || eventLog.reached(position)) return ok(undefined);
  return counted({ projections, limits }, position);
};

/** As `reached`, and until the read models have counted it too. */
export const counted = async (
  { projections, limits }: Pick<Services, 'projections' | 'limits'>,
  position: string | undefined,
): Promise<Result<void>> =>
  position === undefined || (await projections.waitFor(position, limits.positionWaitMs))
    ? ok(undefined)
    : fail(
        'position-pending',
        'what was written at this position has not been counted here yet',
        '/position',
      );

/** The subject of a patient of whom something is recorded. Failure: `patient-unknown`. */
export const knownPatient = async (
  { keyring }: Services,
  tenant: string,
  patient: Identifier,
): Promise<Result<SubjectKey>> => {
  const key = await keyring.find(tenant, patient);
  return key === undefined ? patientUnknown : ok(key);
};
