import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEventStoreDb, type RemoteStore } from '../../src/store/eventstoredb.ts';
import { newEvent } from '../contract/event-store.ts';
import { connectionTo, type EventStoreServer } from '../support/eventstored.ts';
import { Http2Proxy } from '../support/http2-proxy.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { compareLog, Writers } from './remote-writers.ts';

/** Milliseconds that a fault which lasts is left to do its work. */
const lastsMs = 6_000;

interface Proxy {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A fault, and how it is made; it is over when `make` is. */
export interface Fault {
  readonly name: string;
  /** A store connected through a proxy in which the fault is made. */
  open(server: EventStoreServer): Promise<{ readonly proxy: Proxy; make(store: RemoteStore): Promise<void> }>;
}

const tcpFault = (
  name: string,
  make: (proxy: TcpProxy, server: EventStoreServer) => Promise<void>,
): Fault => ({
  name,
  open: async (server) => {
    const proxy = await TcpProxy.to(server);
    return { proxy, make: () => make(proxy, server) };
  },
});

export const faults: readonly Fault[] = [
  tcpFault('black hole: no byte passes, connections included that were open', async (proxy) => {
    proxy.disturb({ up: false, down: false });
    await sleep(lastsMs);
    proxy.disturbNew({});
  }),
  tcpFault('reset of every connection', async (proxy) => proxy.reset()),
  tcpFault('500 ms of latency in each direction', async (proxy) => {
    proxy.disturb({ delay: 500 });
    await sleep(lastsMs);
    proxy.disturb({});
  }),
  tcpFault('a server that accepts connections and never answers', async (proxy) => {
    proxy.disturbNew({ up: false, down: false });
    proxy.reset();
    await sleep(lastsMs);
    proxy.disturbNew({});
  }),
  {
    name: 'a clean end of the subscription, and of the appends’ call',
    open: async (server) => {
      const proxy = await Http2Proxy.to(server);
      return {
        proxy,
        make: async () => {
          if (proxy.endCalls('Read') === 0 || proxy.endCalls('BatchAppend') === 0)
            throw new Error('there was no call to end');
        },
      };
    },
  },
  tcpFault('lost acknowledgements: what is sent arrives, no answer comes back', async (proxy) => {
    proxy.disturb({ down: false });
    await sleep(lastsMs);
    proxy.disturbNew({});
    proxy.reset();
  }),
  {
    name: 'a consumer that is too slow: the subscription is not read, the rest of the connection is',
    open: async (server) => {
      const proxy = await Http2Proxy.to(server);
      return {
        proxy,
        make: async () => {
          const release = proxy.holdCalls('Read');
          await flood(server);
          release();
        },
      };
    },
  },
];

/** Enough events that the server's and the sockets' buffers overflow. */
const flood = async (server: EventStoreServer): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-flood-'));
  const store = await openEventStoreDb({ folder, connection: connectionTo(server), clock: Date.now });
  const data = Buffer.alloc(20_000);
  const stream = `flood-${Date.now()}`;
  for (let batch = 0; batch < 20; batch++) {
    const events = Array.from({ length: 40 }, () => ({ ...newEvent(), data }));
    await store.append(stream, events, batch * 40 - 1);
  }
  await store.close();
  await rm(folder, { recursive: true });
};

export interface FaultReport {
  readonly name: string;
  readonly told: Writers['told'];
  readonly lost: number;
  readonly doubled: number;
  /** Milliseconds in which no append was acknowledged, the longest. */
  readonly withoutWrite: number;
  /** Milliseconds of the most that the node knew it might be behind. */
  readonly stalest: number;
  /** Milliseconds from the end of the fault until all is well: writers are answered, and the node is current. */
  readonly untilHealthy: number;
  /** What the node said about its connection. */
  readonly said: readonly string[];
}

/** Longer than this nothing takes that heals by itself. */
const healingMs = 40_000;

/** Writes through a fault, and counts what came of it in the server's log, read without the proxy. */
export const goThrough = async (fault: Fault, server: EventStoreServer): Promise<FaultReport> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-fault-'));
  const { proxy, make } = await fault.open(server);
  const said = new Set<string>();
  const store = await openEventStoreDb({
    folder: join(folder, 'node'),
    connection: connectionTo(proxy),
    clock: Date.now,
    onState: ({ state, detail }) => said.add(detail === '' ? state : `${state}: ${detail}`),
  });
  await store.caughtUp();
  const writers = new Writers(store, 8);
  let stalest = 0;
  const watch = setInterval(() => {
    stalest = Math.max(stalest, store.staleness());
  }, 20);
  await sleep(1_000);
  await make(store);
  const over = performance.now();
  const isHealthy = () => store.staleness() <= 1_000 && writers.lastWritten > over;
  while (!isHealthy() && performance.now() - over < healingMs) await sleep(5);
  const [healed, untilHealthy] = [isHealthy(), performance.now() - over];
  await sleep(500);
  clearInterval(watch);
  await writers.stop();
  await store.close();
  await proxy.close();

  const direct = { folder: join(folder, 'direct'), connection: connectionTo(server), clock: Date.now };
  const log = await openEventStoreDb(direct);
  await log.caughtUp();
  const counted = await compareLog(log, writers.acknowledged);
  await log.close();
  await rm(folder, { recursive: true });
  const { told, longestPause } = writers;
  if (!healed) throw new Error(`${fault.name}: it does not heal (${[...said].join('; ')})`);
  return {
    name: fault.name,
    told,
    ...counted,
    withoutWrite: longestPause,
    stalest,
    untilHealthy,
    said: [...said],
  };
};
