import type { Identifier } from '../../../schemas/coding.ts';
import { fail, ok, type Result } from '../../../schemas/result.ts';
import { heardWithin } from '../../store/port.ts';
import type { SubjectKey } from '../../vault/keyring.ts';
import type { Services } from '../services.ts';

export const patientUnknown = fail('patient-unknown', 'nothing is recorded of this patient', '/patient');

/**
 * Waits, for a bounded time, until the log of this node holds what was written at `position`. Failures:
 * `position-pending`, and `store-behind`, where the log may lack what was written elsewhere.
 */
export const reached = async (services: Services, position: string | undefined): Promise<Result<void>> => {
  const { eventLog, limits } = services;
  return position === undefined || eventLog.reached(position)
    ? heardWithin(eventLog, limits.maxStalenessMs)
    : counted(services, position);
};

/** As `reached`, and until the read models have counted it too. */
export const counted = async (
  { projections, eventLog, limits }: Services,
  position: string | undefined,
): Promise<Result<void>> =>
  position === undefined || (await projections.waitFor(position, limits.positionWaitMs))
    ? heardWithin(eventLog, limits.maxStalenessMs)
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
