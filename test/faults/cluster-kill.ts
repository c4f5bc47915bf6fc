/**
 * Kills the leader of a cluster of EventStoreDB under writers, ten times, and writes docs/faults-cluster.md:
 *
 *   node test/faults/cluster-kill.ts
 */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEventStoreDb, type RemoteStore } from '../../src/store/eventstoredb.ts';
import { noEventStore } from '../support/eventstored.ts';
import { Cluster } from './cluster-kill-servers.ts';
import { compareLog, Writers } from './remote-writers.ts';

const kills = 10;
const writersCount = 8;
/** Milliseconds of undisturbed writing in front of each kill. */
const undisturbedMs = 2_000;
/** Longer than this nothing takes that heals by itself. */
const healingMs = 120_000;

interface Figures {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  readonly lost: number;
  readonly doubled: number;
  /** Whether the replica that went through it all is what a new one reads from the cluster. */
  readonly same: boolean;
  /** Milliseconds of the longest time without a write after each kill. */
  readonly pauses: readonly number[];
  /** How often a server ended by itself, and was started again. */
  readonly selfEnded: number;
}

const killLeaders = async (cluster: Cluster, folder: string): Promise<Figures> => {
  const open = async (name: string): Promise<RemoteStore> => {
    const { connection } = cluster;
    const store = await openEventStoreDb({ folder: join(folder, name), connection, clock: Date.now });
    await store.caughtUp();
    return store;
  };
  const store = await open('node');
  const writers = new Writers(store, writersCount);
  const pauses: number[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(undisturbedMs);
    writers.longestPause = 0;
    const killed = await cluster.killLeader();
    await writtenAfter(writers, performance.now());
    cluster.restart(killed);
    await cluster.whole();
    await writtenAfter(writers, performance.now());
    pauses.push(writers.longestPause);
    process.stdout.write(`kill ${kill}: ${seconds(writers.longestPause)} s without a write\n`);
  }
  await writers.stop();

  const direct = await open('direct');
  const counted = await compareLog(direct, writers.acknowledged);
  const [kept, read] = [await idsOf(store), await idsOf(direct)];
  await Promise.all([store.close(), direct.close()]);
  const { appended, unknown, refused } = writers.told;
  const { selfEnded } = cluster;
  return { acknowledged: appended, unknown, refused, ...counted, same: kept === read, pauses, selfEnded };
};

const writtenAfter = async (writers: Writers, moment: number): Promise<void> => {
  while (writers.lastWritten < moment) {
    if (performance.now() - moment > healingMs) throw new Error('nothing is written any more');
    await sleep(5);
  }
};

/** The ids of all events in their order, as text. */
const idsOf = async (store: RemoteStore): Promise<string> => {
  const events = await Array.fromAsync(store.readAll());
  return events.map(({ id }) => id).join();
};

const seconds = (millis: number): string => (millis / 1000).toFixed(1);

const page = ({
  acknowledged,
  unknown,
  refused,
  lost,
  doubled,
  same,
  pauses,
  selfEnded,
}: Figures): string => {
  const sorted = pauses.toSorted((a, b) => a - b);
  return `# A cluster of EventStoreDB whose leader is killed

Made by \`node test/faults/cluster-kill.ts\`: three servers on loopback of one machine (${process.platform}) as a cluster.
Eight writers append through one node's store, event after event, each to a stream of its own, and try an append
whose outcome is unknown, or that was refused, again with the same id until it is written. The leader is killed
(SIGKILL) while they write; once something was acknowledged after that it is started again, and the next kill comes
when the cluster is whole. At the end another node reads everything anew from the cluster, and what it finds is
compared with what the writers were told, and with the replica that went through it all.

| | |
|---|---|
| leaders killed | ${pauses.length} |
| events acknowledged | ${acknowledged} |
| appends whose outcome was unknown, tried again | ${unknown} |
| appends refused, tried again | ${refused} |
| acknowledged events lost | ${lost} |
| events doubled | ${doubled} |
| the old replica and a new one hold the same events in the same order | ${same ? 'yes' : 'no'} |
| longest time without a successful write, s | ${seconds(sorted.at(-1)!)} |
| the same after the median kill, s | ${seconds(sorted[Math.floor(sorted.length / 2)]!)} |

A server that ends by itself is started again, as whoever operates a cluster must see to: ${selfEnded} times in this run. It was
seen in another, while the cluster formed for the first time.

Longest time without a successful write after each kill, in seconds: ${pauses.map(seconds).join(', ')}.

Two nodes of the service on one EventStoreDB and one PostgreSQL are a test of their own
(\`test/faults/two-nodes.test.ts\`): what is revoked on one and asked on the other by position, ends that both find,
a node cut off from the store, and one that is emptied. So are their exports (\`test/reporting/two-nodes.test.ts\`): made on
both while both write and one is killed, verified offline, and each issued once.
`;
};

if (noEventStore !== false) throw new Error(noEventStore);
const cluster = await Cluster.start();
const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-cluster-node-'));
try {
  const figures = await killLeaders(cluster, folder);
  const text = page(figures);
  process.stdout.write(text);
  const { lost, doubled, same } = figures;
  if (lost + doubled > 0 || !same) throw new Error('events were lost, doubled or in another order');
  writeFileSync(new URL('../../docs/faults-cluster.md', import.meta.url), text);
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true });
}
