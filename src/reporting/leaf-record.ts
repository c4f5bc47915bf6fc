import { leafOf } from '../evidence/leaf.ts';
import type { Hash } from '../evidence/merkle.ts';
import type { IndexedEvent } from '../store/port.ts';

/** What a record shows of the leaf of an event, whatever stream it stands in. */
export const leafMembers = (event: IndexedEvent) => {
  const { id, type, schemaVersion, recordedAt, commitment, stored } = leafOf(event, undefined);
  return {
    index: event.index - 1,
    ...{ id, type, schemaVersion, recordedAt, commitment },
    stored: stored.toString('hex'),
  };
};

/** As `leafMembers`, with where the event stands. */
export const placedLeafMembers = (event: IndexedEvent, previous: Hash | undefined) => ({
  ...leafMembers(event),
  tenant: event.metadata.tenant,
  stream: event.stream,
  revision: event.revision,
  ...(previous && { previous: previous.toString('hex') }),
});

const hashBytes = 32;

/** Hashes that came one behind the other. */
export function* hashesOf(bytes: Uint8Array): Generator<Hash, undefined> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < all.length; at += hashBytes) yield all.subarray(at, at + hashBytes);
  return undefined;
}
