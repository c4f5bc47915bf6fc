import { eventDefinitions } from '../../schemas/events/registry.ts';
import { openEnvelope } from '../record/sealing.ts';
import { erasureStream } from '../record/streams.ts';
import { openPayload } from '../record/upcast.ts';
import type { LocalLog, RecordedEvent } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { type Erasure, type ErasureEvent, evolveErasure, noErasure } from './erasure.ts';

const slice = 1_000;

/** A request as the log has it, gone on from `before`. Throws EnvelopeBroken and UnknownEvent where it cannot be read. */
export const foldErasure = (
  log: Pick<LocalLog, 'streamSlice'>,
  key: SubjectKey,
  before: Erasure = noErasure,
): Erasure => {
  const stream = erasureStream(key.subject);
  for (let erasure = before; ; ) {
    const events = log.streamSlice(stream, erasure.revision + 1, slice);
    erasure = events.reduce((so, event) => evolveErasure(so, opened(event, key)), erasure);
    if (events.length < slice) return erasure;
  }
};

const opened = (event: RecordedEvent, key: SubjectKey): ErasureEvent => {
  const { payload, requestHash } = openEnvelope(event, key);
  const { revision, recordedAt, id, type, metadata } = event;
  return {
    type,
    payload: openPayload(eventDefinitions, type, metadata.schemaVersion, payload),
    ...{ revision, recordedAt, id },
    ...(requestHash !== undefined && { requestHash }),
  } as ErasureEvent; // The registry, which gave the payload, is what says that a type has its payload.
};
