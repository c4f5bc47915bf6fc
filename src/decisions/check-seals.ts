import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import type { EventDefinition } from '../../schemas/events/define.ts';
import { sealedEntries } from '../projections/disclosures-index.ts';
import { canonicalText, commitmentOf } from '../record/commitment.ts';
import { openPlain } from '../record/plain.ts';
import { openEnvelope } from '../record/sealing.ts';
import { definitionOf, openPayload } from '../record/upcast.ts';
import type { RecordedEvent } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { entriesRoot } from './entries-tree.ts';
import { openEntry } from './entry.ts';

/** What an event's seals came to: how many opened, how many are of a key that is gone, and what is wrong. */
export interface SealCheck {
  readonly opened: number;
  readonly keyless: number;
  readonly faults: readonly string[];
}

const noSalt = Buffer.alloc(0);

/**
 * Opens all that an event holds, and checks that each payload is what its commitment says and what its type's
 * schema asks. A fault names the type and the rule, nothing of what was opened.
 */
export const checkSeals = async (
  event: RecordedEvent,
  keyring: Pick<Keyring, 'keyOf'>,
  definitions: readonly EventDefinition[],
): Promise<SealCheck> => {
  try {
    if (event.type === decisionsRecorded.type) return await checkEntries(event, keyring, definitions);
    const { keyId, commitment, schemaVersion } = event.metadata;
    const key = keyId === undefined ? undefined : await keyring.keyOf(keyId);
    if (keyId !== undefined && key === undefined) return { opened: 0, keyless: 1, faults: [] };
    const { salt, payload } =
      keyId === undefined || key === undefined
        ? { salt: noSalt, payload: openPlain(event) }
        : openEnvelope(event, { subject: keyId, key });
    const faults: string[] = [];
    if (commitmentOf(salt, canonicalText(payload)) !== commitment)
      faults.push(`${event.type}: the payload is not what its commitment says`);
    const current = openPayload(definitions, event.type, schemaVersion, payload);
    if (!definitionOf(definitions, event.type).current.safeParse(current).success)
      faults.push(`${event.type}: the payload breaks its schema`);
    return { opened: 1, keyless: 0, faults };
  } catch (error) {
    return { opened: 0, keyless: 0, faults: [`${event.type}: ${reasonOf(error)}`] };
  }
};

const checkEntries = async (
  event: RecordedEvent,
  keyring: Pick<Keyring, 'keyOf'>,
  definitions: readonly EventDefinition[],
): Promise<SealCheck> => {
  const entries = sealedEntries(event, definitions);
  const place = { tenant: event.metadata.tenant, stream: event.stream, revision: event.revision };
  const faults: string[] = [];
  let keyless = 0;
  for (const entry of entries) {
    const key = await keyring.keyOf(entry.keyId);
    if (key === undefined) keyless += 1;
    else openEntry(entry, { subject: entry.keyId, key }, place, event.metadata.schemaVersion);
  }
  if (entriesRoot(entries.map(({ commitment }) => commitment)) !== event.metadata.commitment)
    faults.push(`${event.type}: the entries are not what the commitment says`);
  return { opened: entries.length - keyless, keyless, faults };
};

const reasonOf = (error: unknown) => (error instanceof Error ? error.name : 'it cannot be opened');
