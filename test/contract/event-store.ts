import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AppendOutcome, EventStore, NewEvent, Position, RecordedEvent } from '../../src/store/port.ts';
import { noStream } from '../../src/store/port.ts';

/** A store for one test: others may write to it at the same time, so a test looks at streams of its own only. */
export type OpenStore = () => Promise<{
  readonly store: EventStore;
  readonly cleanup: () => Promise<void>;
}>;

export const newEvent = (text = 'sealed', id: string = randomUUID()): NewEvent => ({
  id,
  type: 'ConsentGranted',
  metadata: { schemaVersion: 1, tenant: 'north', keyId: 'k1', commitment: 'c1' },
  data: Buffer.from(text),
});

const collect = async (events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
};

const appended = (outcome: AppendOutcome): Extract<AppendOutcome, { outcome: 'appended' }> => {
  assert.equal(outcome.outcome, 'appended', JSON.stringify(outcome));
  return outcome as Extract<AppendOutcome, { outcome: 'appended' }>;
};

/** Appends as a command does: reads where the stream stands, and reads again after a conflict. */
const appendAtEnd = async (store: EventStore, stream: string, event: NewEvent): Promise<void> => {
  let expected = noStream;
  for (;;) {
    const outcome = await store.append(stream, [event], expected);
    if (outcome.outcome !== 'conflict') return void appended(outcome);
    expected = outcome.revision;
  }
};

/** Follows the store until `count` events of the streams have come, then a little longer for any that is too many. */
const follow = async (
  store: EventStore,
  after: Position | undefined,
  streams: ReadonlySet<string>,
  count: number,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<RecordedEvent[]> => {
  const seen: RecordedEvent[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const subscription = store.subscribe(after, async (batch) => {
    seen.push(...batch.filter((event) => streams.has(event.stream)));
    if (seen.length >= count) resolve();
  });
  await meanwhile();
  await Promise.race([enough, subscription.done]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await subscription.stop();
  return seen;
};

/** What every adapter of the EventStore port must hold to. */
export const eventStoreContract = (name: string, open: OpenStore): void => {
  const test = (what: string, run: (store: EventStore, stream: string) => Promise<void>): void => {
    it(what, { timeout: 60_000 }, async () => {
      const { store, cleanup } = await open();
      try {
        await run(store, `test-${randomUUID()}`);
      } finally {
        await cleanup();
      }
    });
  };

  describe(`EventStore contract: ${name}`, () => {
    test('a stream that does not exist reads as empty', async (store, stream) => {
      assert.deepEqual(await collect(store.readStream(stream)), []);
    });

    test('an appended event reads back as it was, with its place', async (store, stream) => {
      const event = { ...newEvent(), data: Buffer.from([0, 255, 1, 128, 10]) };
      const outcome = appended(await store.append(stream, [event], noStream));
      const [read] = await collect(store.readStream(stream));
      const { revision, position, recordedAt } = outcome;
      assert.equal(revision, 0);
      assert.partialDeepStrictEqual(read, { ...event, stream, revision, position, recordedAt });
      assert.ok(Number.isInteger(recordedAt));
    });

    test('another expected revision is a conflict and writes nothing', async (store, stream) => {
      for (const expected of [0, 5]) {
        const outcome = await store.append(stream, [newEvent()], expected);
        assert.deepEqual(outcome, { outcome: 'conflict', revision: noStream });
      }
      appended(await store.append(stream, [newEvent('first'), newEvent('second')], noStream));
      for (const expected of [noStream, 0, 2]) {
        const outcome = await store.append(stream, [newEvent()], expected);
        assert.deepEqual(outcome, { outcome: 'conflict', revision: 1 });
      }
      assert.equal((await collect(store.readStream(stream))).length, 2);
    });

    test('a retry at the same expected revision gets the first answer', async (store, stream) => {
      const events = [newEvent('first'), newEvent('second')];
      const first = appended(await store.append(stream, events, noStream));
      assert.deepEqual(await store.append(stream, events, noStream), first);
      assert.equal((await collect(store.readStream(stream))).length, 2);
    });

    test('a retry after later events gets the first answer', async (store, stream) => {
      const events = [newEvent('first'), newEvent('second')];
      const first = appended(await store.append(stream, events, noStream));
      appended(await store.append(stream, [newEvent('third')], 1));
      assert.deepEqual(await store.append(stream, events, noStream), first);
      assert.equal((await collect(store.readStream(stream))).length, 3);
    });

    test('two retries at once write once', async (store, stream) => {
      const events = [newEvent()];
      const outcomes = await Promise.all([1, 2, 3].map(() => store.append(stream, events, noStream)));
      for (const outcome of outcomes) assert.deepEqual(outcome, appended(outcomes[0]!));
      assert.equal((await collect(store.readStream(stream))).length, 1);
    });

    test('events of which only some were written before are a conflict', async (store, stream) => {
      const event = newEvent();
      appended(await store.append(stream, [event], noStream));
      const outcome = await store.append(stream, [event, newEvent()], noStream);
      assert.deepEqual(outcome, { outcome: 'conflict', revision: 0 });
    });

    test('an append of several events is written whole, at one time, in order', async (store, stream) => {
      const events = Array.from({ length: 50 }, (_, index) => newEvent(`event ${index}`));
      const outcome = appended(await store.append(stream, events, noStream));
      const read = await collect(store.readStream(stream));
      assert.deepEqual(
        read.map((event) => [event.revision, event.id, event.data.toString()]),
        events.map((event, index) => [index, event.id, `event ${index}`]),
      );
      assert.ok(read.every((event) => event.recordedAt === read[0]?.recordedAt));
      assert.equal(outcome.revision, 49);
      assert.equal(outcome.position, read.at(-1)?.position);
    });

    test('a megabyte of data and text beyond ASCII come back unharmed', async (store, stream) => {
      const event = { ...newEvent(), data: Buffer.alloc(1_000_000, 'sealed ü') };
      const tenant = 'Krankenhaus Süd 北 🏥';
      const metadata = { ...event.metadata, tenant };
      appended(await store.append(stream, [{ ...event, metadata }], noStream));
      const [read] = await collect(store.readStream(stream));
      assert.ok(read?.data.equals(event.data));
      assert.equal(read?.metadata.tenant, tenant);
    });

    test('a stream is read from a revision on', async (store, stream) => {
      const events = Array.from({ length: 600 }, (_, index) => newEvent(`event ${index}`));
      appended(await store.append(stream, events, noStream));
      for (const from of [0, 1, 255, 256, 598, 599, 600, 1000]) {
        const revisions = (await collect(store.readStream(stream, from))).map((event) => event.revision);
        assert.deepEqual(
          revisions,
          Array.from({ length: Math.max(0, 600 - from) }, (_, index) => from + index),
        );
      }
    });

    test('the log is read after a position, exclusive, in the order of commits', async (store, stream) => {
      const other = `${stream}-other`;
      const mine = new Set([stream, other]);
      const places: Position[] = [];
      for (let index = 0; index < 6; index++) {
        const target = index % 2 === 0 ? stream : other;
        const expected = Math.floor(index / 2) - 1;
        const { position } = appended(await store.append(target, [newEvent(String(index))], expected));
        places.push(position);
      }
      const read = async (after?: Position): Promise<string[]> =>
        (await collect(store.readAll(after)))
          .filter((event) => mine.has(event.stream))
          .map((event) => event.data.toString());
      assert.deepEqual(await read(), ['0', '1', '2', '3', '4', '5']);
      assert.deepEqual(await read(places[2]), ['3', '4', '5']);
      assert.deepEqual(await read(places[5]), []);
    });

    test('a subscription delivers what stands and what comes, each once, in order', async (store, stream) => {
      const before = Array.from({ length: 300 }, () => newEvent());
      const after = Array.from({ length: 300 }, () => newEvent());
      appended(await store.append(stream, before, noStream));
      const seen = await follow(store, undefined, new Set([stream]), 600, async () => {
        for (const [index, event] of after.entries()) {
          appended(await store.append(stream, [event], 299 + index));
        }
      });
      assert.deepEqual(
        seen.map((event) => event.id),
        [...before, ...after].map((event) => event.id),
      );
    });

    test('a subscription to a log in which nothing stands yet waits for it', async (store, stream) => {
      const event = newEvent();
      const seen = await follow(store, undefined, new Set([stream]), 1, async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        appended(await store.append(stream, [event], noStream));
      });
      assert.deepEqual(
        seen.map(({ id }) => id),
        [event.id],
      );
    });

    test('a subscription goes on from the position where another stopped', async (store, stream) => {
      const events = Array.from({ length: 10 }, () => newEvent());
      appended(await store.append(stream, events.slice(0, 5), noStream));
      const first = await follow(store, undefined, new Set([stream]), 5);
      appended(await store.append(stream, events.slice(5), 4));
      const second = await follow(store, first.at(-1)?.position, new Set([stream]), 5);
      const middle = await follow(store, first[1]?.position, new Set([stream]), 8);
      const ids = events.map((event) => event.id);
      const idsOf = (seen: RecordedEvent[]): string[] => seen.map((event) => event.id);
      assert.deepEqual([...idsOf(first), ...idsOf(second)], ids);
      assert.deepEqual(idsOf(middle), ids.slice(2));
    });

    test('a subscription whose handler fails ends with its error', async (store, stream) => {
      let calls = 0;
      const subscription = store.subscribe(undefined, async (batch) => {
        if (!batch.some((event) => event.stream === stream)) return;
        calls += 1;
        throw new Error('cannot handle this');
      });
      // Before the append: its event may be handled sooner than it is acknowledged.
      const ended = assert.rejects(subscription.done, /cannot handle this/);
      appended(await store.append(stream, [newEvent()], noStream));
      await ended;
      appended(await store.append(stream, [newEvent()], 0));
      await assert.rejects(subscription.stop(), /cannot handle this/);
      assert.equal(calls, 1);
    });

    test('64 writers on one stream: each event once, revisions without a gap', async (store, stream) => {
      const events = Array.from({ length: 64 }, () => newEvent());
      await Promise.all(events.map((event) => appendAtEnd(store, stream, event)));
      const read = await collect(store.readStream(stream));
      assert.deepEqual(
        read.map((event) => event.revision),
        events.map((_, index) => index),
      );
      assert.deepEqual(new Set(read.map((event) => event.id)), new Set(events.map((event) => event.id)));
    });

    test('64 writers on a stream each: positions and times grow with the log', async (store, stream) => {
      const streams = Array.from({ length: 64 }, (_, index) => `${stream}-${index}`);
      await Promise.all(
        streams.map(async (own) => {
          for (let revision = 0; revision < 5; revision++) {
            appended(await store.append(own, [newEvent(String(revision))], revision - 1));
          }
        }),
      );
      const mine = new Set(streams);
      const read = (await collect(store.readAll())).filter((event) => mine.has(event.stream));
      assert.equal(read.length, 64 * 5);
      assert.equal(new Set(read.map((event) => event.position)).size, read.length);
      read.reduce((previous, event) => {
        assert.ok(previous.recordedAt <= event.recordedAt);
        return event;
      });
      for (const own of streams) {
        const revisions = read.filter((event) => event.stream === own).map((event) => event.revision);
        assert.deepEqual(revisions, [0, 1, 2, 3, 4]);
      }
    });
  });
};
