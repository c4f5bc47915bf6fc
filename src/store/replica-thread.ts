import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { RemoteClient } from './eventstoredb-client.ts';
import type { AppendOutcome } from './port.ts';
import { Arrivals, appendLimitMs, appendThrough } from './replica-append.ts';
import { Follower } from './replica-follow.ts';
import { Heartbeat } from './replica-heartbeat.ts';
import {
  type AppendRequest,
  type FollowState,
  Outbox,
  type ReplicaReport,
  type ReplicaRequest,
  type ReplicaStart,
} from './replica-messages.ts';
import { ReplicaTables } from './replica-tables.ts';
import { openReplicaForWriting } from './schema.ts';

/**
 * The replica's thread: all that goes to the remote store and all that comes from it, and the only connection that
 * writes to the replica. It may end at any moment, by an error of the client or because its connection is dead;
 * another then goes on from where the tables stand.
 */
const port = parentPort!;
const { file, connection } = workerData as ReplicaStart;
const reports = new Outbox<ReplicaReport>((all) => port.postMessage(all));
const report = (one: ReplicaReport): void => reports.add(one);

const db = openReplicaForWriting(file);
const tables = new ReplicaTables(db);
const client = new RemoteClient(connection);
const arrivals = new Arrivals(tables);

let standing: FollowState = { state: 'connecting', detail: 'The store was not reached yet' };
/** Whether the store is known to be the one that was followed before: nothing is written to another. */
let recognised = false;
const firstRecognised = Promise.withResolvers<void>();

const follower = new Follower(client, tables, {
  grew: (growth) => {
    report({ kind: 'grew', growth });
    arrivals.grew(growth.streams);
  },
  moved: () => heartbeat.moved(),
  state: (state) => {
    standing = state;
    recognised = state.state === 'following' || (recognised && state.state === 'connecting');
    if (recognised) firstRecognised.resolve();
    report({ kind: 'state', state });
  },
});
const heartbeat = new Heartbeat(client, tables, {
  fresh: (asOf) => {
    if (recognised) report({ kind: 'fresh', asOf });
  },
  silent: () => follower.reopen(),
});

const carryOut = async (append: AppendRequest): Promise<AppendOutcome> => {
  if (!recognised) await Promise.race([firstRecognised.promise, sleep(appendLimitMs)]);
  if (!recognised) return { outcome: 'refused', code: 'store-unavailable', detail: standing.detail };
  return appendThrough({ client, tables, arrivals }, append);
};

const close = (): void => {
  follower.stop();
  heartbeat.stop();
  db.close();
  // The client's own way to end waits for calls that may never end.
  process.exit();
};

const answer = async (append: AppendRequest): Promise<void> =>
  report({ kind: 'outcome', number: append.number, outcome: await carryOut(append) });

port.on('message', (requests: readonly ReplicaRequest[]) => {
  for (const request of requests) {
    if (request.kind === 'close') close();
    else void answer(request.append);
  }
});
// What either throws ends the thread: a dead connection, or a fault of ours.
await Promise.all([follower.run(), heartbeat.run()]);
