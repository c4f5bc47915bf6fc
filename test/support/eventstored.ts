import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server of EventStoreDB for tests. */
export interface EventStoreServer {
  /** Host and port, as in a connection string. */
  readonly host: string;
  readonly port: number;
  /** All that it writes; absent of a server that was there before. */
  readonly data?: string;
  /** Stops it and removes what it wrote; a server that was there before stays as it is. */
  stop(): Promise<void>;
}

/** Why tests against a server are skipped; false where there is one. */
export const noEventStore: string | false =
  process.env.EVENTSTORE_URL === undefined && spawnSync('eventstored', ['--version']).error !== undefined
    ? 'no EventStoreDB: put `eventstored` on PATH, or name a server in EVENTSTORE_URL=esdb://host:port?tls=false'
    : false;

/** How to connect to a server without TLS, possibly through a proxy at another port. */
export const connectionTo = ({ host, port }: { readonly host: string; readonly port: number }) => ({
  connectionString: `esdb://${host}:${port}?tls=false`,
});

/** The server of EVENTSTORE_URL, or one of this test's own on loopback, in a folder of its own. */
export const startEventStore = async (): Promise<EventStoreServer> => {
  const named = process.env.EVENTSTORE_URL;
  if (named !== undefined) {
    const { hostname, port } = new URL(named.replace(/^esdb:/, 'http:'));
    return { host: hostname, port: Number(port || 2113), stop: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-eventstored-'));
  const [port, tcpPort] = [await freePort(), await freePort()];
  const node = startNode(folder, port, tcpPort);
  await healthy(port, node.exited);
  return {
    host: '127.0.0.1',
    port,
    data: folder,
    stop: async () => {
      await node.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The server ends with its input, and so with this process, however that ends. */
const untilInputEnds = `
  exec 3<&0
  eventstored "$@" & server=$!
  (cat <&3 > /dev/null; kill -9 $server) &
  wait $server`;

/** Starts a server process; it is only ever killed, as a machine that fails is. */
export const startNode = (folder: string, port: number, tcpPort: number, more: readonly string[] = []) => {
  const options = [
    '--insecure',
    ...['--db', join(folder, 'db'), '--index', join(folder, 'index'), '--log', join(folder, 'log')],
    ...['--int-ip', '127.0.0.1', '--ext-ip', '127.0.0.1'],
    ...['--http-port', String(port), '--int-tcp-port', String(tcpPort)],
    ...['--run-projections', 'none', '--disable-log-file'],
    ...more,
  ];
  const child = spawn('sh', ['-c', untilInputEnds, 'sh', ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => {});
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    exited,
    kill: async () => {
      child.stdin.end();
      await exited;
    },
  };
};

/** Settles once the server knows its leader, so that it takes writes. */
export const healthy = async (port: number, exited: Promise<void>, limitMs = 60_000): Promise<void> => {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(100)) {
    if (ended) throw new Error('eventstored ended at its start');
    if ((await membersOf(port)).some(({ state }) => state === 'Leader')) return;
  }
  throw new Error('eventstored did not become healthy');
};

/** A member of a cluster, as a server sees it. */
export interface Member {
  /** `Leader`, `Follower`, or something on the way there. */
  readonly state: string;
  readonly isAlive: boolean;
  readonly httpEndPointPort: number;
}

/** What a server says of each member of its cluster; nothing where it does not answer. */
export const membersOf = async (port: number): Promise<Member[]> => {
  try {
    const signal = AbortSignal.timeout(2_000);
    const answer = await fetch(`http://127.0.0.1:${port}/gossip?format=json`, { signal });
    return ((await answer.json()) as { members: Member[] }).members;
  } catch {
    return [];
  }
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
