import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { noStream } from '../../src/store/port.ts';
import { Arrivals, appendThrough } from '../../src/store/replica-append.ts';
import type { AppendRequest } from '../../src/store/replica-messages.ts';
import { encodeMetadata } from '../../src/store/replica-metadata.ts';
import { ReplicaTables } from '../../src/store/replica-tables.ts';
import { createReplicaTable, createTables } from '../../src/store/schema.ts';
import { newEvent } from '../contract/event-store.ts';

const stream = 'consents-1';

const appendOf = (): AppendRequest => {
  const event = newEvent();
  const { id, type, data } = event;
  const sent = { id, type, data, metadata: encodeMetadata(event, 0) };
  return { number: 0, stream, events: [sent], expectedRevision: noStream };
};

/** Appends while the store says that it does not know, and the replica meanwhile takes what `arriving` holds. */
const outcomeOf = async (append: AppendRequest, arriving: AppendRequest | undefined) => {
  const db = new Database(':memory:');
  createTables(db);
  createReplicaTable(db);
  const tables = new ReplicaTables(db);
  const client = {
    append: async () => {
      const events = (arriving?.events ?? []).map((event, revision) => ({
        ...{ ...event, stream, revision, created: 1_000, data: Buffer.from(event.data) },
        position: { commit: 100, prepare: 100 },
      }));
      if (events.length > 0) tables.write(events);
      return { answer: 'unknown', detail: 'Timeout' } as const;
    },
  };
  return appendThrough({ client, tables, arrivals: new Arrivals(tables) }, append);
};

describe('an append that the store does not know the outcome of', () => {
  it('is known where the replica holds it by then', async () => {
    const append = appendOf();
    assert.deepEqual(await outcomeOf(append, append), {
      outcome: 'appended',
      revision: 0,
      position: '1',
      recordedAt: 1_000,
    });
  });

  it('is a conflict where the replica holds another in its place', async () => {
    assert.deepEqual(await outcomeOf(appendOf(), appendOf()), { outcome: 'conflict', revision: 0 });
  });

  it('stays unknown where the replica holds nothing of the stream', async () => {
    assert.deepEqual(await outcomeOf(appendOf(), undefined), { outcome: 'unknown', detail: 'Timeout' });
  });
});
