import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { RemoteEvent } from '../../src/store/eventstoredb-decode.ts';
import { encodeMetadata } from '../../src/store/replica-metadata.ts';
import { NotOurLog, ReplicaTables } from '../../src/store/replica-tables.ts';
import { createReplicaTable, createTables } from '../../src/store/schema.ts';
import { newEvent } from '../contract/event-store.ts';

const emptyFile = (): Database.Database => {
  const db = new Database(':memory:');
  createTables(db);
  createReplicaTable(db);
  return db;
};

interface Row {
  readonly recorded_at: number;
  readonly stream: number;
  readonly metadata: string;
}

const rowsOf = (db: Database.Database): Row[] =>
  db.prepare<[], Row>('SELECT * FROM events ORDER BY position').all();

/** A log of appends, each of some events to one of a few streams, by clocks that differ. */
const logOf = (
  appends: readonly { readonly stream: number; readonly events: number; readonly created: number }[],
): RemoteEvent[] => {
  const revisions = new Map<number, number>();
  let commit = 0;
  return appends.flatMap(({ stream, events, created }) =>
    Array.from({ length: events }, (_, place): RemoteEvent => {
      const revision = (revisions.get(stream) ?? -1) + 1;
      revisions.set(stream, revision);
      commit += 100;
      const event = newEvent();
      return {
        ...event,
        position: { commit, prepare: commit },
        stream: `stream-${stream}`,
        revision,
        created,
        metadata: encodeMetadata(event, place),
      };
    }),
  );
};

const appends = fc.array(
  fc.record({
    stream: fc.integer({ min: 0, max: 3 }),
    events: fc.integer({ min: 1, max: 3 }),
    created: fc.integer({ min: 1_000, max: 1_020 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('the tables of a replica', () => {
  it('S1.3 times never fall in log order, grow in a stream from append to append, and are one in an append', () => {
    fc.assert(
      fc.property(appends, (given) => {
        const db = emptyFile();
        new ReplicaTables(db).write(logOf(given));
        const rows = rowsOf(db);
        let previous = 0;
        const inStream = new Map<number, number>();
        let at = 0;
        for (const { events, created } of given) {
          const own = rows.slice(at, at + events);
          at += events;
          const [{ recorded_at, stream }] = own as [Row];
          assert.ok(recorded_at >= previous && recorded_at >= created);
          assert.ok(recorded_at > (inStream.get(stream) ?? 0));
          assert.ok(own.every((row) => row.recorded_at === recorded_at));
          previous = recorded_at;
          inStream.set(stream, recorded_at);
        }
      }),
    );
  });

  it('S1.3 two replicas of a log are the same, however it came to them', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(appends, cuts, fc.integer({ min: 0, max: 3 }), (given, sizes, again) => {
        const log = logOf(given);
        const whole = emptyFile();
        new ReplicaTables(whole).write(log);
        const pieces = emptyFile();
        for (let at = 0, turn = 0; at < log.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          // Opened anew for each piece, and some events come a second time.
          new ReplicaTables(pieces).write(log.slice(Math.max(0, at - again), at + size));
          at += size;
        }
        assert.deepEqual(rowsOf(pieces), rowsOf(whole));
      }),
    );
  });

  it('metadata are kept as they were appended', () => {
    const db = emptyFile();
    const event = newEvent();
    new ReplicaTables(db).write(logOf([{ stream: 0, events: 2, created: 1 }]));
    for (const { metadata } of rowsOf(db)) assert.deepEqual(JSON.parse(metadata), event.metadata);
  });

  it('a place beyond the last event is remembered', () => {
    const db = emptyFile();
    const tables = new ReplicaTables(db);
    tables.advance({ commit: 50, prepare: 50 });
    assert.equal(new ReplicaTables(db).reached, undefined);
    tables.write(logOf([{ stream: 0, events: 1, created: 1 }]));
    tables.advance({ commit: 500, prepare: 500 });
    const reopened = new ReplicaTables(db);
    assert.ok(reopened.holds({ commit: 500, prepare: 500 }));
    assert.ok(!reopened.holds({ commit: 500, prepare: 501 }));
    assert.deepEqual(reopened.last?.position, { commit: 100, prepare: 100 });
  });

  const refused: [string, (event: RemoteEvent) => RemoteEvent][] = [
    ['an event that no ledger wrote', (event) => ({ ...event, metadata: '' })],
    ['an event whose metadata are another’s', (event) => ({ ...event, metadata: '{"user":"x"}' })],
    ['an event in front of which others are missing', (event) => ({ ...event, revision: 7 })],
    ['an event that stands there already under another position', (event) => ({ ...event, revision: 0 })],
  ];
  for (const [what, change] of refused) {
    it(`${what} is refused, with all that came with it`, () => {
      const db = emptyFile();
      const tables = new ReplicaTables(db);
      const [first, second, third] = logOf([
        { stream: 0, events: 1, created: 1 },
        { stream: 1, events: 1, created: 1 },
        { stream: 0, events: 1, created: 1 },
      ]) as [RemoteEvent, RemoteEvent, RemoteEvent];
      tables.write([first]);
      assert.throws(() => tables.write([second, change({ ...third, id: randomUUID() })]), NotOurLog);
      assert.equal(rowsOf(db).length, 1);
      assert.equal(tables.revisionOf('stream-1'), -1);
      tables.write([second, third]);
      assert.equal(rowsOf(db).length, 3);
    });
  }
});
