import type { EventDefinition } from '../../schemas/events/define.ts';
import { patientErased } from '../../schemas/events/patient-erased.ts';
import type { PatientEvent } from '../consent/state.ts';
import type { NewEvent, RecordedEvent } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { randomBytesPooled } from '../vault/random.ts';
import { canonicalText, commitmentOf } from './commitment.ts';
import { open, seal } from './envelope.ts';
import { openPlain } from './plain.ts';
import { definitionOf, openPayload } from './upcast.ts';

const saltLength = 32;

/** A fact that is to be sealed. */
export interface Draft {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  /** Sealed with the payload; see Recorded.requestHash. */
  readonly requestHash?: string | undefined;
}

/** Where it goes: after all, the seal binds the event to its stream and revision. */
export interface StreamPlace {
  readonly tenant: string;
  readonly stream: string;
  readonly revision: number;
}

/** What led to it: the W3C trace, or the event that it follows from. */
export interface Trace {
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
}

/** What an envelope held, as it was written: with salt and payload anyone can check the commitment. */
export interface Opened {
  readonly salt: Buffer;
  readonly payload: unknown;
  readonly requestHash?: string;
}

/**
 * Seals a draft at its place. The sealed text is `[salt (base64url), payload, requestHash or null]`, the payload
 * in its RFC 8785 form, which the commitment is over. Throws UnknownEvent for a type that is not defined and
 * NotCanonical for a payload that has no such form.
 */
export const sealEvent = (
  draft: Draft,
  place: StreamPlace,
  { subject, key }: SubjectKey,
  definitions: readonly EventDefinition[],
  trace: Trace = {},
): NewEvent => {
  const schemaVersion = definitionOf(definitions, draft.type).versions.length;
  const payload = canonicalText(draft.payload);
  const salt = randomBytesPooled(saltLength);
  const plain = `["${salt.toString('base64url')}",${payload},${JSON.stringify(draft.requestHash ?? null)}]`;
  return {
    id: draft.id,
    type: draft.type,
    metadata: {
      schemaVersion,
      tenant: place.tenant,
      keyId: subject,
      commitment: commitmentOf(salt, payload),
      ...(trace.correlationId !== undefined && { correlationId: trace.correlationId }),
      ...(trace.causationId !== undefined && { causationId: trace.causationId }),
    },
    data: seal(key, subject, { ...place, type: draft.type, schemaVersion }, plain),
  };
};

/** Opens an event's envelope; throws EnvelopeBroken where it does not belong to this event and key. */
export const openEnvelope = (event: RecordedEvent, { subject, key }: SubjectKey): Opened => {
  const { tenant, schemaVersion } = event.metadata;
  const place = { tenant, stream: event.stream, revision: event.revision, type: event.type, schemaVersion };
  const [salt, payload, requestHash] = JSON.parse(open(key, subject, place, event.data).toString('utf8'));
  return { salt: Buffer.from(salt, 'base64url'), payload, ...(requestHash !== null && { requestHash }) };
};

/**
 * An event of a patient's stream, opened and upcast. Of these PatientErased alone is not sealed. Throws EnvelopeBroken
 * and UnknownEvent.
 */
export const openEvent = (
  event: RecordedEvent,
  key: SubjectKey,
  definitions: readonly EventDefinition[],
): PatientEvent => {
  const { payload, requestHash }: Pick<Opened, 'payload' | 'requestHash'> =
    event.type === patientErased.type ? { payload: openPlain(event) } : openEnvelope(event, key);
  return {
    type: event.type,
    payload: openPayload(definitions, event.type, event.metadata.schemaVersion, payload),
    revision: event.revision,
    recordedAt: event.recordedAt,
    id: event.id,
    ...(requestHash !== undefined && { requestHash }),
  } as PatientEvent; // The registry, which gave the payload, is what says that a type has its payload.
};

/** Whether the commitment in an event's metadata is to what its envelope holds. */
export const commitmentHolds = (event: RecordedEvent, opened: Opened): boolean =>
  commitmentOf(opened.salt, canonicalText(opened.payload)) === event.metadata.commitment;
