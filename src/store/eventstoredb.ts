import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../../schemas/instant.ts';
import type { RemoteConnection } from './eventstoredb-client.ts';
import { claimFolder, DataFolderError, ensurePrivateFile } from './folder.ts';
import type { AppendOutcome, EventStore, LocalLog, NewEvent } from './port.ts';
import {
  type FollowState,
  monotonicNow,
  Outbox,
  type ReplicaReport,
  type ReplicaRequest,
  type ReplicaStart,
} from './replica-messages.ts';
import { encodeMetadata } from './replica-metadata.ts';
import { createReplicaTable, createTables, followsAStore, openReplicaForWriting } from './schema.ts';
import { logFile, SqliteLog } from './sqlite-log.ts';

/** Milliseconds before a thread that ended is replaced: after the first end, and at most. */
const firstPause = 100;
const longestPause = 5_000;

const caughtUpEveryMs = 100;

/** The store cannot be reached, or is another than the one that this node followed before. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';

  constructor(reason: string) {
    super(`EventStoreDB cannot be followed: ${reason}`);
  }
}

/**
 * Opens EventStoreDB with its replica in a data folder. It resolves at once; `caughtUp` tells when the replica holds
 * what the store does. The folder belongs to this process until `close`, or until the process ends.
 *
 * @param options.clock now, in milliseconds
 * @param options.onState called with each change of how the replica stands with its store
 * @throws DataFolderError where the folder is in use, open to others, or holds a log that is itself the truth
 */
export const openEventStoreDb = async (options: {
  readonly folder: string;
  readonly connection: RemoteConnection;
  readonly clock: () => Millis;
  readonly onState?: (state: FollowState) => void;
}): Promise<RemoteStore> => {
  const { folder, connection, clock, onState = () => {} } = options;
  const claim = claimFolder(folder);
  try {
    const file = logFile(folder);
    ensurePrivateFile(file);
    const setup = openReplicaForWriting(file);
    try {
      createTables(setup);
      const holdsEvents = setup.prepare('SELECT 1 FROM events LIMIT 1').get() !== undefined;
      if (holdsEvents && !followsAStore(setup))
        throw new DataFolderError(
          `The folder ${folder} holds the log of an embedded store. A replica needs a folder of its own.`,
        );
      createReplicaTable(setup);
      return new RemoteStore({ file, connection }, clock, onState, claim);
    } finally {
      setup.close();
    }
  } catch (error) {
    claim.release();
    throw error;
  }
};

interface ReplicaThread {
  readonly worker: Worker;
  readonly requests: Outbox<ReplicaRequest>;
}

/**
 * EventStoreDB, and the log that this node has of it: appends go to the store, and everything is read here. What is
 * read is never more than the replica holds, and says so by `knownUntil`; how old that may be is `staleness`.
 */
export class RemoteStore extends SqliteLog implements EventStore, LocalLog {
  readonly #start: ReplicaStart;
  readonly #clock: () => Millis;
  readonly #onState: (state: FollowState) => void;
  readonly #claim: { release(): void };
  readonly #waiting = new Map<number, PromiseWithResolvers<AppendOutcome>>();
  readonly #firstFresh = Promise.withResolvers<void>();
  /** Absent between the end of one and the start of the next. */
  #thread: ReplicaThread | undefined;
  #pause = firstPause;
  #appends = 0;
  #recordedAt: Millis | undefined;
  #asOf = Number.NEGATIVE_INFINITY;
  #state: FollowState = { state: 'connecting', detail: 'The store was not reached yet' };
  #closed: Promise<void> | undefined;

  /** Use `openEventStoreDb`. */
  constructor(
    start: ReplicaStart,
    clock: () => Millis,
    onState: (state: FollowState) => void,
    claim: { release(): void },
  ) {
    super(start.file);
    this.#start = start;
    this.#clock = clock;
    this.#onState = onState;
    this.#claim = claim;
    this.#recordedAt = this.lastRecordedAt();
    this.#thread = this.#spawn();
  }

  /** Settles within some ten seconds; see `appendThrough`. */
  async append(
    stream: string,
    events: readonly NewEvent[],
    expectedRevision: number,
  ): Promise<AppendOutcome> {
    if (events.length === 0) throw new RangeError('An append holds at least one event');
    const thread = this.#thread;
    if (this.#closed !== undefined || thread === undefined)
      return { outcome: 'refused', code: 'store-unavailable', detail: 'There is no connection to the store' };
    const number = this.#appends++;
    const sent = events.map((event, place) => ({
      id: event.id,
      type: event.type,
      metadata: encodeMetadata(event, place),
      data: event.data,
    }));
    const decided = Promise.withResolvers<AppendOutcome>();
    this.#waiting.set(number, decided);
    thread.requests.add({ kind: 'append', append: { number, stream, events: sent, expectedRevision } });
    return decided.promise;
  }

  /** Nothing: an append that is under way is recorded later than what `knownUntil` promises. */
  pending(): undefined {
    return undefined;
  }

  settledNow(lastRecordedAt: Millis | undefined): Millis {
    return Math.max(this.#clock(), lastRecordedAt ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * What comes is recorded no earlier than the last event of the log, and later than the last event of its stream
   * (ReplicaTables). An empty replica knows nothing of any time.
   */
  knownUntil(lastRecordedAt: Millis | undefined, now: Millis): Millis {
    const before = Math.max(0, (this.#recordedAt ?? 0) - 1);
    return Math.min(now, Math.max(before, lastRecordedAt ?? before));
  }

  /** By the last answer of the leader on where its log ended, all of which is here. */
  staleness(): Millis {
    return monotonicNow() - this.#asOf;
  }

  /** How the replica stands with its store. */
  state(): FollowState {
    return this.#state;
  }

  /**
   * Settles once the replica holds all that the store held at some moment since it was opened, however long that
   * takes while it comes nearer. `onHead` is told where the replica ends meanwhile.
   *
   * @throws StoreUnreachable where the store is another than before, or nothing came of it for `patienceMs`
   */
  async caughtUp(patienceMs = 60_000, onHead: (head: number) => void = () => {}): Promise<void> {
    const fresh = this.#firstFresh.promise.then(() => true);
    for (let head = -1, since = monotonicNow(); ; ) {
      if (await Promise.race([fresh, sleep(caughtUpEveryMs, false)])) return;
      if (this.head() !== head) [head, since] = [this.head(), monotonicNow()];
      onHead(head);
      if (this.#state.state === 'refused' || monotonicNow() - since > patienceMs)
        throw new StoreUnreachable(this.#state.detail);
    }
  }

  /** Waits for the appends that were accepted, ends the subscriptions, and gives the folder back. */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    await Promise.all([...this.#waiting.values()].map(({ promise }) => promise));
    await this.end(async () => {
      const thread = this.#thread;
      if (thread === undefined) return;
      const ended = new Promise((resolve) => thread.worker.once('exit', resolve));
      thread.requests.add({ kind: 'close' });
      await ended;
    });
    this.#claim.release();
  }

  #spawn(): ReplicaThread {
    const worker = new Worker(new URL('./replica-thread.ts', import.meta.url), { workerData: this.#start });
    let detail = 'The thread of the replica ended';
    worker.on('message', (reports: readonly ReplicaReport[]) => {
      for (const report of reports) this.#heard(report);
    });
    worker.on('error', (error) => {
      detail = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      this.#thread = undefined;
      for (const { resolve } of this.#waiting.values()) resolve({ outcome: 'unknown', detail });
      this.#waiting.clear();
      if (this.#closed !== undefined) return;
      this.#hearUntold();
      this.#turn({ state: 'connecting', detail });
      setTimeout(() => this.#respawn(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, longestPause);
    });
    return { worker, requests: new Outbox((requests) => worker.postMessage(requests)) };
  }

  /** Makes up for what the thread committed and could not tell before it ended. */
  #hearUntold(): void {
    const untold = this.slice(this.head(), -1);
    const last = untold.at(-1);
    if (last === undefined) return;
    this.#recordedAt = last.recordedAt;
    this.committed([...new Set(untold.map(({ stream }) => stream))], last.index);
  }

  #respawn(): void {
    if (this.#closed === undefined) this.#thread = this.#spawn();
  }

  #heard(report: ReplicaReport): void {
    switch (report.kind) {
      case 'grew':
        this.#recordedAt = report.growth.recordedAt;
        this.committed(report.growth.streams, report.growth.head);
        return;
      case 'fresh':
        this.#asOf = report.asOf;
        this.#pause = firstPause;
        this.#firstFresh.resolve();
        return;
      case 'state':
        this.#turn(report.state);
        return;
      case 'outcome':
        this.#waiting.get(report.number)?.resolve(report.outcome);
        this.#waiting.delete(report.number);
    }
  }

  #turn(state: FollowState): void {
    this.#state = state;
    this.#onState(state);
  }
}
