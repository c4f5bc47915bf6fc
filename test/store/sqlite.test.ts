import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { LogReader } from '../../src/store/log-reader.ts';
import type { AppendOutcome } from '../../src/store/port.ts';
import { logFile, openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { eventStoreContract, newEvent } from '../contract/event-store.ts';

const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'consent-ledger-store-'));

eventStoreContract('embedded SQLite', async () => {
  const folder = await temporaryFolder();
  const store = await openSqliteStore({ folder, clock: Date.now });
  return {
    store,
    cleanup: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

const recordedAt = (outcome: AppendOutcome): number => {
  assert.equal(outcome.outcome, 'appended');
  return (outcome as Extract<AppendOutcome, { outcome: 'appended' }>).recordedAt;
};

describe('the embedded store as a local log', () => {
  let parent: string;
  let folder: string;
  let now: number;
  let opened = 0;
  before(async () => {
    parent = await temporaryFolder();
  });
  after(() => rm(parent, { recursive: true }));
  beforeEach(() => {
    folder = join(parent, String(opened++));
    now = 1_000_000;
  });
  const stores: SqliteStore[] = [];
  const open = async (): Promise<SqliteStore> => {
    const store = await openSqliteStore({ folder, clock: () => now });
    stores.push(store);
    return store;
  };
  // Also of a test that failed: an open store keeps the process alive.
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

  it('keeps what was written, its order and its times over a restart', async () => {
    const first = await open();
    for (let revision = 0; revision < 5; revision++) {
      await first.append('a', [newEvent(`a${revision}`)], revision - 1);
      await first.append('b', [newEvent(`b${revision}`)], revision - 1);
    }
    const log = first.slice(0, 100);
    await first.close();
    const second = await open();
    assert.deepEqual(second.slice(0, 100), log);
    assert.equal(second.head(), 10);
    assert.deepEqual(await second.append('a', [newEvent()], 3), { outcome: 'conflict', revision: 4 });
  });

  it('gives out indexes from 1 on, and says which positions it has reached', async () => {
    const store = await open();
    assert.equal(store.head(), 0);
    const outcome = await store.append('a', [newEvent(), newEvent()], -1);
    assert.ok(outcome.outcome === 'appended' && store.reached(outcome.position));
    assert.deepEqual(
      store.slice(0, 10).map(({ index }) => index),
      [1, 2],
    );
    assert.deepEqual(
      store.slice(1, 10).map(({ index }) => index),
      [2],
    );
    assert.deepEqual(
      store.streamSlice('a', 0, 1).map(({ revision }) => revision),
      [0],
    );
    for (const position of ['3', '', '-1', '1e0', 'x', '0']) assert.equal(store.reached(position), false);
    assert.throws(() => store.subscribe('x', async () => {}), RangeError);
  });

  it('tells listeners of each commit before the append is answered', async () => {
    const store = await open();
    const heard: string[] = [];
    store.onCommit((streams) => heard.push(...streams.map((stream) => `${stream} at ${store.head()}`)));
    await store.append('a', [newEvent()], -1);
    assert.deepEqual(heard, ['a at 1']);
  });

  it('S1.3 records after every now that was given out, also where the clock stands still', async () => {
    const store = await open();
    const first = recordedAt(await store.append('a', [newEvent()], -1));
    assert.equal(store.settledNow(first), now);
    const second = recordedAt(await store.append('a', [newEvent()], 0));
    assert.equal(second, now + 1);
    assert.equal(store.settledNow(second), now + 1);
    assert.equal(recordedAt(await store.append('b', [newEvent()], -1)), now + 2);
  });

  it('S1.3 never records before what stands, also when the clock was set back, over a restart', async () => {
    const first = await open();
    const before = recordedAt(await first.append('a', [newEvent()], -1));
    now -= 3_600_000;
    assert.equal(recordedAt(await first.append('a', [newEvent()], 0)), before);
    await first.close();
    const second = await open();
    assert.equal(recordedAt(await second.append('a', [newEvent()], 1)), before);
    assert.equal(second.settledNow(undefined), now);
  });

  it('an append that is under way is pending for its stream, and readable once that settles', async () => {
    const store = await open();
    const outcome = store.append('a', [newEvent()], -1);
    let pending = store.pending('a');
    while (pending === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      pending = store.pending('a');
    }
    assert.equal(store.pending('b'), undefined);
    await pending;
    assert.equal(store.pending('a'), undefined);
    assert.equal(store.streamSlice('a', 0).length, 1);
    await outcome;
  });

  it('S1.3 a reader who awaits what is pending sees all that is ever known at its now, and is not starved', async () => {
    const store = await open();
    const writers = 4;
    let writing = writers;
    const write = async (): Promise<void> => {
      let expected = -1;
      for (let written = 0; written < 100; ) {
        const outcome = await store.append('a', [newEvent()], expected);
        assert.ok(outcome.outcome === 'appended' || outcome.outcome === 'conflict');
        if (outcome.outcome === 'appended') written += 1;
        expected = outcome.revision;
      }
      writing -= 1;
    };
    const answers: { now: number; events: number }[] = [];
    const read = async (): Promise<void> => {
      while (writing === writers) {
        for (let under = store.pending('a'); under; under = store.pending('a')) await under;
        now += 1;
        const events = store.streamSlice('a', 0);
        answers.push({ now: store.settledNow(events.at(-1)?.recordedAt), events: events.length });
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([...Array.from({ length: writers }, write), read(), read()]);
    const times = store.streamSlice('a', 0).map((event) => event.recordedAt);
    assert.equal(times.length, writers * 100);
    assert.ok(new Set(answers.map(({ events }) => events)).size > 50, 'readers were starved');
    for (const answer of answers) {
      assert.equal(times.filter((time) => time <= answer.now).length, answer.events);
    }
  });

  it('answers what it accepted when it is closed, and refuses what comes after', async () => {
    const store = await open();
    const accepted = Array.from({ length: 20 }, (_, index) => store.append(`s${index}`, [newEvent()], -1));
    const closed = store.close();
    await Promise.all([closed, store.close()]);
    for (const outcome of await Promise.all(accepted)) assert.equal(outcome.outcome, 'appended');
    const late = await store.append('late', [newEvent()], -1);
    assert.ok(late.outcome === 'refused' && late.code === 'store-unavailable');
  });

  it('refuses an append without events', async () => {
    const store = await open();
    await assert.rejects(store.append('a', [], -1), RangeError);
  });

  it('is read from other threads by stream, in shards', async () => {
    const store = await open();
    for (const stream of ['a', 'b', 'c']) await store.append(stream, [newEvent(stream)], -1);
    const reader = new LogReader(logFile(folder));
    assert.deepEqual(reader.streams(1, 5), [
      { number: 2, stream: 'b' },
      { number: 3, stream: 'c' },
    ]);
    assert.deepEqual(reader.streamSlice('b', 0), store.streamSlice('b', 0));
    assert.deepEqual(reader.slice(0, 2), store.slice(0, 2));
    assert.equal(reader.head(), 3);
    reader.close();
  });
});
