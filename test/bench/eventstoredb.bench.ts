import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { binaryEvent, EventStoreDBClient, type ReadPosition, streamNameFilter } from '@eventstore/db-client';
import { openRecords } from '../../src/record/records.ts';
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

interface Bench {
  readonly server: EventStoreServer;
  readonly folder: string;
  readonly bare: EventStoreDBClient;
  readonly keys: readonly SubjectKey[];
}

/** A node that holds what the store does; it is not there while the bare client is measured. */
const withNode = async <T>(
  { server, folder }: Bench,
  name: string,
  work: (store: RemoteStore) => Promise<T>,
): Promise<T> => {
  const connection = connectionTo(server);
  const store = await openEventStoreDb({ folder: join(folder, name), connection, clock: Date.now });
  try {
    await store.caughtUp();
    return await work(store);
  } finally {
    await store.close();
  }
};

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

/** Events a second from the first arrival to the last of the filled log. `reached`: how many have arrived. */
const arrivals = () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  let first: { readonly count: number; readonly at: number } | undefined;
  const reached = (count: number): void => {
    const at = performance.now();
    first ??= { count, at };
    if (count >= logEvents) resolve(((count - first.count) / (at - first.at)) * 1000);
  };
  return { rate: promise, reached };
};

const bareCatchUp = async ({ server }: Bench): Promise<number> => {
  const { rate, reached } = arrivals();
  let seen = 0;
  const subscription = bareFollow(bareClient(server), 'start', () => {
    seen += 1;
    reached(seen);
  });
  await rate;
  await subscription.stop();
  return rate;
};

const replicaCatchUp = async ({ server, folder }: Bench): Promise<number> => {
  const own = join(folder, randomUUID());
  const store = await openEventStoreDb({ folder: own, connection: connectionTo(server), clock: Date.now });
  const { rate, reached } = arrivals();
  store.onCommit(() => reached(store.head()));
  await rate;
  await store.close();
  await rm(own, { recursive: true });
  return rate;
};

/** What `inFlight` writers, each with one write under way, get done in a second, once the code is compiled. */
const perSecond = async (write: () => Promise<void>): Promise<number> => {
  await writing(write);
  return writing(write);
};

const writing = async (write: () => Promise<void>): Promise<number> => {
  let written = 0;
  const begun = performance.now();
  const work = async (): Promise<void> => {
    while (performance.now() - begun < roundMillis) {
      await write();
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return (written / (performance.now() - begun)) * 1000;
};

const bareAppends = ({ bare }: Bench): Promise<number> =>
  perSecond(async () => {
    await bare.appendToStream(randomUUID(), [bareEvent()], { expectedRevision: 'no_stream' });
  });

const storeAppends = (bench: Bench): Promise<number> =>
  withNode(bench, 'one', (store) =>
    perSecond(async () => {
      const [stream, events] = [randomUUID(), [newEvent()]];
      while ((await store.append(stream, events, -1)).outcome === 'unknown');
    }),
  );

/** Commands as the service carries them out: load, decide, seal, append. */
const recordAppends = (bench: Bench): Promise<number> =>
  withNode(bench, 'one', (store) => {
    const records = openRecords({ store, log: store, rows: new MemoryRows(), uuid: randomUUID });
    let turn = 0;
    return perSecond(async () => {
      turn += 1;
      const key = bench.keys[turn % bench.keys.length]!;
      const written = await records.execute(tenant, key, granting(), {});
      if (!written.ok) throw new Error(written.error.code);
    });
  });

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
  while (performance.now() - start < 2 * roundMillis) {
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
  // The first half is for the compiler.
  const warm = took.slice(took.length / 2).toSorted((one, next) => one - next);
  return warm[Math.floor(warm.length * 0.99)]!;
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

const replicaVisible = (bench: Bench): Promise<number> =>
  withNode(bench, 'one', (store) =>
    withNode(bench, 'other', (other) =>
      visibleP99(
        (stream) => store.append(stream, [newEvent()], -1),
        (listener) => other.onCommit(listener),
      ),
    ),
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
  const kit = await openVaultKit(folder);
  const value = (n: number) => ({ system: 'urn:oid:1.2.3', value: String(n) });
  const keys = await Promise.all(
    Array.from({ length: patients }, (_, n) => kit.keyring.admit(tenant, value(n))),
  );
  return {
    ...{ server, folder, bare, keys },
    close: async () => {
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
    bareCatchUp: () => bareCatchUp(bench),
    replicaCatchUp: () => replicaCatchUp(bench),
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
  const [bareRate, storeRate, recordRate] = [of('bareAppends'), of('storeAppends'), of('recordAppends')];
  const [bareP99, replicaP99] = [of('bareVisible'), of('replicaVisible')];
  return [
    row(
      'replica: catch-up from empty',
      `bare subscription ${rate(of('bareCatchUp'))}`,
      rate(of('replicaCatchUp')),
      of('replicaCatchUp') / of('bareCatchUp'),
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
