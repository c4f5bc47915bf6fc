import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { openEventStoreDb } from '../../src/store/eventstoredb.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import {
  connectionTo,
  type EventStoreServer,
  noEventStore,
  startEventStore,
} from '../support/eventstored.ts';

describe('EventStoreDB and its replica', { skip: noEventStore }, () => {
  let server: EventStoreServer;
  before(async () => {
    server = await startEventStore();
  });
  after(() => server.stop());

  eventStoreContract('EventStoreDB', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-replica-'));
    const store = await openEventStoreDb({ folder, connection: connectionTo(server), clock: Date.now });
    await store.caughtUp();
    return {
      store,
      cleanup: async () => {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  });
});
