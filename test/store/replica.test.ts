import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openEventStoreDb, type RemoteStore } from '../../src/store/eventstoredb.ts';
import { DataFolderError } from '../../src/store/folder.ts';
import type { AppendOutcome, IndexedEvent } from '../../src/store/port.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { logFile } from '../../src/store/sqlite-log.ts';
import { newEvent } from '../contract/event-store.ts';
import {
  connectionTo,
  type EventStoreServer,
  noEventStore,
  startEventStore,
} from '../support/eventstored.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

type Appended = Extract<AppendOutcome, { outcome: 'appended' }>;

const appended = (outcome: AppendOutcome): Appended => {
  assert.equal(outcome.outcome, 'appended', JSON.stringify(outcome));
  return outcome as Appended;
};

/** Settles once something is so. */
const until = async (holds: () => boolean): Promise<void> => {
  for (const end = performance.now() + 30_000; !holds(); await sleep(5)) {
    if (performance.now() > end) assert.fail('it did not come to be');
  }
};

describe('a replica of EventStoreDB', { skip: noEventStore }, () => {
  let server: EventStoreServer;
  let parent: string;
  let opened = 0;
  let stream: string;
  before(async () => {
    server = await startEventStore();
    parent = await mkdtemp(join(tmpdir(), 'consent-ledger-replica-'));
  });
  after(async () => {
    await server.stop();
    await rm(parent, { recursive: true });
  });
  beforeEach(() => {
    stream = `test-${randomUUID()}`;
  });
  const stores: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  const folderOf = (name?: string): string => join(parent, name ?? String(opened++));
  const open = async (
    folder: string,
    target: { host: string; port: number } = server,
  ): Promise<RemoteStore> => {
    const store = await openEventStoreDb({ folder, connection: connectionTo(target), clock: Date.now });
    stores.push(store);
    return store;
  };
  const openCurrent = async (folder: string): Promise<RemoteStore> => {
    const store = await open(folder);
    await store.caughtUp();
    return store;
  };
  const whole = (store: RemoteStore): IndexedEvent[] => store.slice(0, store.head());

  it('what one node wrote the other has, at the same place and time', async () => {
    const [one, other] = [await openCurrent(folderOf()), await openCurrent(folderOf())];
    const written = appended(await one.append(stream, [newEvent(), newEvent()], -1));
    await until(() => other.reached(written.position));
    assert.deepEqual(other.streamSlice(stream, 0), one.streamSlice(stream, 0));
    assert.deepEqual(whole(other), whole(one).slice(0, other.head()));
    const last = other.streamSlice(stream, 1)[0];
    assert.partialDeepStrictEqual(last, { position: written.position, recordedAt: written.recordedAt });
  });

  it('whoever meets a conflict finds here what was in the way', async () => {
    const [one, other] = [await openCurrent(folderOf()), await openCurrent(folderOf())];
    for (let revision = 0; revision < 20; revision += 1) {
      const { position } = appended(await one.append(stream, [newEvent()], revision - 1));
      const outcome = await other.append(stream, [newEvent()], revision - 1);
      assert.deepEqual(outcome, { outcome: 'conflict', revision });
      assert.ok(other.reached(position));
    }
  });

  it('what it says it has reached, its listeners have heard of', async () => {
    const [one, other] = [await openCurrent(folderOf()), await openCurrent(folderOf())];
    const heard = new Set<string>();
    let checked = other.head();
    other.onCommit((streams) => {
      for (const name of streams) heard.add(name);
      const unheard = other
        .slice(checked, other.head() - checked)
        .filter((event) => !heard.has(event.stream));
      assert.deepEqual(unheard, []);
      checked = other.head();
    });
    const positions: string[] = [];
    const write = async (writer: number): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const outcome = await one.append(`${stream}-${writer}-${turn}`, [newEvent()], -1);
        positions.push(appended(outcome).position);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
    await until(() => positions.every((position) => other.reached(position)));
    assert.equal(heard.size, positions.length);
  });

  it('goes on from where it was, and from nothing becomes the same again', async () => {
    const folder = folderOf();
    const first = await openCurrent(folder);
    appended(await first.append(stream, [newEvent()], -1));
    const before = whole(first);
    await first.close();
    const writer = await openCurrent(folderOf());
    for (let revision = 1; revision < 50; revision += 1)
      appended(await writer.append(stream, [newEvent()], revision - 1));
    const again = await openCurrent(folder);
    const log = whole(again);
    assert.deepEqual(log.slice(0, before.length), before);
    assert.equal(again.streamSlice(stream, 0).length, 50);
    assert.deepEqual(whole(await openCurrent(folderOf())), log);
  });

  it('S1.3 what is known until a moment never changes, whoever writes', async () => {
    const [here, there] = [await openCurrent(folderOf()), await openCurrent(folderOf())];
    const streams = [0, 1, 2].map((n) => `${stream}-${n}`);
    let writing = true;
    const answers: { name: string; known: number; events: number }[] = [];
    const ask = (name: string): void => {
      const events = here.streamSlice(name, 0);
      const last = events.at(-1)?.recordedAt;
      const now = here.settledNow(last);
      const known = here.knownUntil(last, now);
      assert.ok(known <= now && known >= (last ?? 0));
      answers.push({ name, known, events: events.length });
    };
    const write = async (store: RemoteStore): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        const name = streams[turn % streams.length]!;
        const expected = store.streamSlice(name, 0).length - 1;
        const outcome = await store.append(name, [newEvent()], expected);
        if (store === here && outcome.outcome === 'appended') ask(name);
      }
    };
    const read = async (): Promise<void> => {
      for (; writing; await sleep(1)) for (const name of streams) ask(name);
    };
    const reading = read();
    await Promise.all([write(here), write(there)]);
    writing = false;
    await reading;
    for (const { name, known, events } of answers) {
      const times = here.streamSlice(name, 0).map(({ recordedAt }) => recordedAt);
      assert.equal(times.filter((time) => time <= known).length, events);
    }
    assert.ok(new Set(answers.map(({ events }) => events)).size > 10);
  });

  it('knows how far behind it may be: little with the store, more and more without, and little again', async () => {
    const proxy = await TcpProxy.to(server);
    try {
      const store = await open(folderOf(), proxy);
      assert.equal(store.staleness(), Number.POSITIVE_INFINITY);
      await store.caughtUp();
      await until(() => store.staleness() < 2_000);
      proxy.disturb({ up: false, down: false });
      await until(() => store.staleness() > 3_000);
      proxy.disturbNew({});
      await until(() => store.staleness() < 2_000);
    } finally {
      await proxy.close();
    }
  });

  it('a subscription that delivers nothing does not count as current', async () => {
    const store = await openCurrent(folderOf());
    const slow = folderOf();
    const lagging = await openCurrent(slow);
    // Its file is held by another writer, so that nothing can be taken up.
    const blocker = new Database(logFile(slow));
    blocker.exec('BEGIN IMMEDIATE');
    appended(await store.append(stream, [newEvent()], -1));
    await until(() => lagging.staleness() > 2_500);
    assert.equal(lagging.streamSlice(stream, 0).length, 0);
    blocker.exec('ROLLBACK');
    blocker.close();
    await until(() => lagging.staleness() < 2_000);
    assert.equal(lagging.streamSlice(stream, 0).length, 1);
  });

  it('is not mixed with another store: it is refused, and nothing is written to it', async () => {
    const folder = folderOf();
    const store = await openCurrent(folder);
    appended(await store.append(stream, [newEvent()], -1));
    const length = store.head();
    await store.close();
    const db = new Database(logFile(folder));
    db.prepare('UPDATE replica SET event_id = ?').run(randomUUID());
    db.close();
    const stranger = await open(folder);
    await until(() => stranger.state().state === 'refused');
    const outcome = await stranger.append(stream, [newEvent()], 0);
    assert.partialDeepStrictEqual(outcome, { outcome: 'refused', code: 'store-unavailable' });
    assert.equal(stranger.staleness(), Number.POSITIVE_INFINITY);
    assert.equal(stranger.head(), length);
    const other = await openCurrent(folderOf());
    assert.equal(other.streamSlice(stream, 0).length, 1);
  });

  it('a folder is either a replica’s or an embedded store’s', async () => {
    const [embedded, replica] = [folderOf(), folderOf()];
    const store = await openSqliteStore({ folder: embedded, clock: Date.now });
    appended(await store.append(stream, [newEvent()], -1));
    await store.close();
    await assert.rejects(open(embedded), DataFolderError);
    await (await open(replica)).close();
    await assert.rejects(openSqliteStore({ folder: replica, clock: Date.now }), DataFolderError);
  });

  it('without a store an append is refused in bounded time, and closing ends', async () => {
    const store = await open(folderOf(), { host: '127.0.0.1', port: 1 });
    const { outcome } = await store.append(stream, [newEvent()], -1);
    assert.equal(outcome, 'refused');
    await store.close();
    const closed = await store.append(stream, [newEvent()], -1);
    assert.partialDeepStrictEqual(closed, { outcome: 'refused', code: 'store-unavailable' });
  });
});
