import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { binaryEvent, EventStoreDBClient, type ReadPosition, streamNameFilter } from '@eventstore/db-client';
import { openRecords, type Records } from '../../src/record/records.ts';
import { openEventStoreDb, type RemoteStore } from '../../src/store/eventstoredb.ts';
import type { NewEvent } from '../../src/store/port.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { granting, MemoryRows, tenant } from '../record/kit.ts';
import {
  connectionTo,
  type EventStoreServer,
  noEventStore,
  startEventStore,
} from '../support/eventstored.ts';
import { openVaultKit } from '../vault/kit.ts';
import { median } from './rounds.ts';
import type { BenchRow } from './row.ts';

const rounds = 5;
const roundMillis = 2_000;
const logEvents = 60_000;
const inFlight = 64;
const patients = 2_000;
const writesPerSecond = 500;

const newEvent = (): NewEvent => ({
  id: randomUUID(),
  type: 'ConsentGranted',
  metadata: {
    schemaVersion: 1,
    tenant: 'north',
    keyId: randomUUID(),
    commitment: randomBytes(32).toString('base64url'),
  },
  data: randomBytes(600),
});

const bareEvent = () => {
  const { metadata, ...event } = newEvent();
  return binaryEvent({ ...event, metadata: { ...metadata } });
};

/** Everything that the rounds work with; each of the bare client's is a client of its own. */
interface Bench {
  readonly server: EventStoreServer;
  readonly folder: string;
  readonly bare: EventStoreDBClient;
  readonly store: RemoteStore;
  readonly other: RemoteStore;
  readonly records: Records;
  readonly keys: readonly SubjectKey[];
}

const bareClient = (server: EventStoreServer): EventStoreDBClient =>
  EventStoreDBClient.connectionString(connectionTo(server).connectionString);

const fill = async (bare: EventStoreDBClient): Promise<void> => {
  const batches = Array.from({ length: logEvents / 100 }, () => `filled-${randomUUID()}`);
  const write = async (): Promise<void> => {
    for (let stream = batches.pop(); stream !== undefined; stream = batches.pop())
      await bare.appendToStream(stream, Array.from({ length: 100 }, bareEvent));
  };
  await Promise.all(Array.from({ length: 8 }, write));
};

/** Follows the log as the documentation of the client shows it; opened again where the server drops it. */
const bareFollow = (
  client: EventStoreDBClient,
  fromPosition: ReadPosition,
  handle: (stream: string) => void,
): { confirmed: Promise<unknown>; stop(): Promise<void> } => {
  const filter = streamNameFilter({ regex: '^[^$]' });
  let last = fromPosition;
  const subscribe = () =>
    client
      .subscribeToAll({ fromPosition: last, filter })
      .on('data', ({ event }) => {
        if (event === undefined) return;
        last = event.position ?? last;
        handle(event.streamId);
      })
      .on('error', () => {
        subscription = subscribe();
      });
  let subscription = subscribe();
  const confirmed = new Promise((resolve) => subscription.once('confirmation', resolve));
  return { confirmed, stop: () => subscription.unsubscribe() };
};

/** Seconds until the bare client's subscription has delivered the first events of the log, their number. */
const bareCatchUp = async ({ server }: Bench, events: number): Promise<number> => {
  const begun = performance.now();
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const subscription = bareFollow(bareClient(server), 'start', () => {
    seen += 1;
    if (seen === events) resolve();
  });
  await caughtUp;
  const seconds = (performance.now() - begun) / 1000;
  await subscription.stop();
  return seconds;
};

/** Seconds until a replica that was empty holds so many events, from the start of its thread on. */
const replicaCatchUp = async ({ server, folder }: Bench, events: number): Promise<number> => {
  const own = join(folder, randomUUID());
  const begun = performance.now();
  const store = await openEventStoreDb({ folder: own, connection: connectionTo(server), clock: Date.now });
  await new Promise<void>((resolve) => {
    store.onCommit(() => {
      if (store.head() >= events) resolve();
    });
  });
  const seconds = (performance.now() - begun) / 1000;
  await store.close();
  await rm(own, { recursive: true });
  return seconds;
};

/** What `inFlight` writers, each with one write under way, get done in a second. */
const perSecond = async (write: (writer: number) => Promise<void>): Promise<number> => {
  let written = 0;
  const begun = performance.now();
  const work = async (writer: number): Promise<void> => {
    while (performance.now() - begun < roundMillis) {
      await write(writer);
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, writer) => work(writer)));
  return (written / (performance.now() - begun)) * 1000;
};

const bareAppends = ({ bare }: Bench): Promise<number> =>
  perSecond(async () => {
    await bare.appendToStream(randomUUID(), [bareEvent()], { expectedRevision: 'no_stream' });
  });

const storeAppends = ({ store }: Bench): Promise<number> =>
  perSecond(async () => {
    const { outcome } = await store.append(randomUUID(), [newEvent()], -1);
    if (outcome !== 'appended') throw new Error(outcome);
  });

/** Commands as the service carries them out: load, decide, seal, append; each writer on patients of its own. */
const recordAppends = ({ records, keys }: Bench): Promise<number> => {
  let turn = 0;
  return perSecond(async (writer) => {
    turn += 1;
    const key = keys[(Math.floor(turn / inFlight) * inFlight + writer) % keys.length]!;
    const written = await records.execute(tenant, key, granting(), {});
    if (!written.ok) throw new Error(written.error.code);
  });
};

/** Milliseconds from the call of an append to its being visible elsewhere, the worst of a hundred. */
const visibleP99 = async (
  append: (stream: string) => Promise<unknown>,
  visible: (listener: (streams: readonly string[]) => void) => void,
): Promise<number> => {
  const begun = new Map<string, number>();
  const took: number[] = [];
  visible((streams) => {
    for (const stream of streams) {
      const from = begun.get(stream);
      if (from !== undefined) took.push(performance.now() - from);
      begun.delete(stream);
    }
  });
  const writes: Promise<unknown>[] = [];
  const start = performance.now();
  while (performance.now() - start < roundMillis) {
    const due = Math.floor(((performance.now() - start) / 1000) * writesPerSecond);
    while (writes.length < due) {
      const stream = `visible-${randomUUID()}`;
      begun.set(stream, performance.now());
      writes.push(append(stream));
    }
    await sleep(1);
  }
  await Promise.all(writes);
  while (begun.size > 0) await sleep(5);
  return took.toSorted((one, next) => one - next)[Math.floor(took.length * 0.99)]!;
};

const bareVisible = async ({ bare, server }: Bench): Promise<number> => {
  let heard: (streams: readonly string[]) => void = () => {};
  const subscription = bareFollow(bareClient(server), 'end', (stream) => heard([stream]));
  await subscription.confirmed;
  const p99 = await visibleP99(
    (stream) => bare.appendToStream(stream, [bareEvent()], { expectedRevision: 'no_stream' }),
    (listener) => {
      heard = listener;
    },
  );
  await subscription.stop();
  return p99;
};

const replicaVisible = ({ store, other }: Bench): Promise<number> =>
  visibleP99(
    (stream) => store.append(stream, [newEvent()], -1),
    (listener) => other.onCommit(listener),
  );

const rate = (value: number): string => `${Math.round(value)}/s`;

const row = (name: string, floor: string, reached: string, ratio: number, aim: number): BenchRow => ({
  ...{ name, floor, reached, ratio, aim },
  ok: ratio >= aim,
});

const open = async (server: EventStoreServer): Promise<Bench & { close(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-eventstoredb-'));
  const bare = bareClient(server);
  await fill(bare);
  const node = async (name: string): Promise<RemoteStore> => {
    const connection = connectionTo(server);
    const store = await openEventStoreDb({ folder: join(folder, name), connection, clock: Date.now });
    await store.caughtUp();
    return store;
  };
  const [store, other] = [await node('one'), await node('other')];
  const kit = await openVaultKit(folder);
  const value = (n: number) => ({ system: 'urn:oid:1.2.3', value: String(n) });
  const keys = await Promise.all(
    Array.from({ length: patients }, (_, n) => kit.keyring.admit(tenant, value(n))),
  );
  const records = openRecords({ store, log: store, rows: new MemoryRows(), uuid: randomUUID });
  return {
    ...{ server, folder, bare, store, other, records, keys },
    close: async () => {
      await store.close();
      await other.close();
      await kit.vault.close();
      await rm(folder, { recursive: true });
    },
  };
};

/** The store on a real server against its bare client, in alternating rounds; no rows where there is no server. */
export const rows = async (): Promise<BenchRow[]> => {
  if (noEventStore !== false) {
    console.error(noEventStore);
    return [];
  }
  const server = await startEventStore();
  const bench = await open(server);
  const work = {
    bareCatchUp: () => bareCatchUp(bench, logEvents),
    replicaCatchUp: () => replicaCatchUp(bench, logEvents),
    bareAppends: () => bareAppends(bench),
    storeAppends: () => storeAppends(bench),
    recordAppends: () => recordAppends(bench),
    bareVisible: () => bareVisible(bench),
    replicaVisible: () => replicaVisible(bench),
  };
  const names = Object.keys(work) as (keyof typeof work)[];
  const taken = new Map<string, number[]>(names.map((name) => [name, []]));
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const name of names) taken.get(name)!.push(await work[name]());
  } finally {
    await bench.close();
    await server.stop();
  }
  const of = (name: keyof typeof work): number => median(taken.get(name)!);
  const caughtUp = (seconds: number): string => rate(logEvents / seconds);
  const [bareRate, storeRate, recordRate] = [of('bareAppends'), of('storeAppends'), of('recordAppends')];
  const [bareP99, replicaP99] = [of('bareVisible'), of('replicaVisible')];
  return [
    row(
      'replica: catch-up from empty, its start included',
      `bare subscription ${caughtUp(of('bareCatchUp'))}`,
      caughtUp(of('replicaCatchUp')),
      of('bareCatchUp') / of('replicaCatchUp'),
      0.8,
    ),
    row(
      `append to EventStoreDB, ${inFlight} in flight`,
      `bare client ${rate(bareRate)}`,
      rate(storeRate),
      storeRate / bareRate,
      0,
    ),
    row(
      `command on EventStoreDB (load, decide, seal, append), ${inFlight} in flight`,
      `bare client ${rate(bareRate)}`,
      rate(recordRate),
      recordRate / bareRate,
      0.7,
    ),
    row(
      `visible on another node at ${writesPerSecond} writes/s, p99`,
      `bare ${bareP99.toFixed(1)} ms`,
      `${replicaP99.toFixed(1)} ms`,
      bareP99 / replicaP99,
      1 / 3,
    ),
  ];
};
