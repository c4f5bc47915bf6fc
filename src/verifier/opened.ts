import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { ExportEvent } from '../../schemas/export/package.ts';
import type { PatientEvent } from '../consent/state.ts';
import { canonicalText, commitmentOf } from '../record/commitment.ts';
import { openPayload } from '../record/upcast.ts';

/** Salt and payload as an export shows them. */
interface Opened {
  readonly salt: string;
  readonly payload: unknown;
}

/** Whether a commitment is to this salt and payload. */
export const isCommittedTo = ({ salt, payload }: Opened, commitment: string): boolean =>
  commitmentOf(Buffer.from(salt, 'base64url'), canonicalText(payload)) === commitment;

/** What an opened event of a patient says, in its newest version; a sentence where that is not what its type can say. */
export const patientEventOf = (event: ExportEvent, payload: unknown): PatientEvent | string => {
  const { type, schemaVersion, revision, id } = event;
  const version = eventDefinitions.find((one) => one.type === type)?.versions[schemaVersion - 1];
  if (version === undefined)
    return `this verifier does not know version ${schemaVersion} of ${type}: take a newer one`;
  if (!version.schema.safeParse(payload).success) return `this is not what a ${type} says`;
  return {
    ...{ type, revision, id, recordedAt: Date.parse(event.recordedAt) },
    payload: openPayload(eventDefinitions, type, schemaVersion, payload),
  } as PatientEvent; // The registry, which gave the payload, is what says that a type has its payload.
};
