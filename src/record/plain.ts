import type { EventDefinition } from '../../schemas/events/define.ts';
import type { NewEvent } from '../store/port.ts';
import { canonicalText, commitmentOf } from './commitment.ts';

/** What is the ledger's, not a tenant's, stands under this tenant. */
const everyTenant = '*';
const noSalt = Buffer.alloc(0);

/** An event of the ledger's own. It is not sealed, as nothing of a person is in it; so its commitment has no salt. */
export const plainEvent = <Payload>(
  { type, versions }: EventDefinition<Payload>,
  payload: Payload,
  id: string,
): NewEvent => {
  const text = canonicalText(payload);
  return {
    id,
    type,
    metadata: {
      schemaVersion: versions.length,
      tenant: everyTenant,
      commitment: commitmentOf(noSalt, text),
    },
    data: Buffer.from(text, 'utf8'),
  };
};
