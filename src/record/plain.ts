import type { EventDefinition } from '../../schemas/events/define.ts';
import type { NewEvent, RecordedEvent } from '../store/port.ts';
import { canonicalText, commitmentOf } from './commitment.ts';
import { EnvelopeBroken } from './envelope.ts';

/** What is the ledger's, not a tenant's, stands under this tenant. */
const everyTenant = '*';
const noSalt = Buffer.alloc(0);

/**
 * An event that is not sealed, as nothing of a person is in it; so its commitment has no salt. `tenant`: whose it is,
 * absent for the ledger's own.
 */
export const plainEvent = <Payload>(
  { type, versions }: EventDefinition<Payload>,
  payload: Payload,
  id: string,
  tenant = everyTenant,
): NewEvent => {
  const text = canonicalText(payload);
  return {
    id,
    type,
    metadata: {
      schemaVersion: versions.length,
      tenant,
      commitment: commitmentOf(noSalt, text),
    },
    data: Buffer.from(text, 'utf8'),
  };
};

/** What an event that is not sealed says. Throws EnvelopeBroken where that is not what its commitment says. */
export const openPlain = ({ data, metadata, type }: RecordedEvent): unknown => {
  const text = data.toString('utf8');
  if (metadata.keyId !== undefined || commitmentOf(noSalt, text) !== metadata.commitment)
    throw new EnvelopeBroken(`${type} is not what its commitment says`);
  return JSON.parse(text);
};
