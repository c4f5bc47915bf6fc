import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EventStoreServer, noEventStore, startEventStore } from '../support/eventstored.ts';
import { faults, goThrough } from './remote-faults.ts';

describe('faults between a node and EventStoreDB', { skip: noEventStore }, () => {
  let server: EventStoreServer;
  before(async () => {
    server = await startEventStore();
  });
  after(() => server.stop());

  for (const fault of faults) {
    it(`${fault.name}: nothing lost, nothing doubled, healed`, { timeout: 120_000 }, async () => {
      const { lost, doubled, told } = await goThrough(fault, server);
      assert.deepEqual({ lost, doubled }, { lost: 0, doubled: 0 });
      assert.ok(told.appended > 8);
    });
  }
});
