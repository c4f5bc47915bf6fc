import type { PatientErased } from '../../schemas/events/patient-erased.ts';
import { fail } from '../../schemas/result.ts';
import { openPlain } from '../record/plain.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import type { IndexedEvent, LocalLog } from '../store/port.ts';

export const erasedMeanwhile = fail(
  'patient-erased',
  'a patient of this export was erased meanwhile; ask again',
);

/** A patient of a tenant who was erased, when, and on which request. */
export interface ErasedPatient {
  readonly subject: string;
  readonly index: number;
  readonly recordedAt: number;
  readonly erasureId: string;
}

/** The erased of a tenant, in the order of the log. */
export const erasedOf = (log: Pick<LocalLog, 'erasures' | 'slice'>, tenant: string): ErasedPatient[] =>
  log.erasures(0).flatMap(({ index, stream }) => {
    const subject = subjectOfPatientStream(stream);
    const [event] = log.slice(index - 1, 1);
    if (subject === undefined || event?.metadata.tenant !== tenant) return [];
    return { subject, index, recordedAt: event.recordedAt, erasureId: erasureIdOf(event) };
  });

/** The request that a PatientErased event was recorded on. */
export const erasureIdOf = (event: IndexedEvent): string => (openPlain(event) as PatientErased).erasureId;
