import { eventDefinitions } from '../schemas/events/registry.ts';
import type { ExportEvent } from '../schemas/export/package.ts';
import type { PatientEvent } from '../src/consent/state.ts';
import { openPayload } from '../src/record/upcast.ts';

/** What an exported event said, in the newest version of its type; undefined where it is closed. */
export const patientEvent = (record: ExportEvent): PatientEvent | undefined => {
  const { opened, type, schemaVersion, revision, recordedAt, id } = record;
  if (opened === undefined) return undefined;
  const payload = openPayload(eventDefinitions, type, schemaVersion, opened.payload);
  return { type, payload, revision, recordedAt: Date.parse(recordedAt), id } as PatientEvent;
};
