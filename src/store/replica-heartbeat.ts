import { setTimeout as sleep } from 'node:timers/promises';
import { type RemoteClient, StoreSilent } from './eventstoredb-client.ts';
import type { RemotePosition } from './eventstoredb-decode.ts';
import { monotonicNow } from './replica-messages.ts';
import type { ReplicaTables } from './replica-tables.ts';

const everyMs = 500;
const answerLimitMs = 2_000;
/** So many questions in a row without an answer, and the connection is taken for dead. */
const mostSilences = 2;
/** Milliseconds after which a subscription that delivers nothing of what the leader has is taken for dead. */
const silentMs = 2_000;

/** What the leader's log held when it was asked. */
interface Beat {
  readonly asked: number;
  readonly head: RemotePosition | undefined;
}

export interface HeartbeatEvents {
  /** All that was in the leader's log at `asOf`, a moment of `monotonicNow`, is here. */
  fresh(asOf: number): void;
  /** The subscription delivers nothing of what the leader has. */
  silent(): void;
}

/**
 * Asks the leader again and again where its log ends: once the replica has come so far, it holds all that was there
 * when the question was asked. So a node that is cut off, or lags, knows that it is and by how much.
 */
export class Heartbeat {
  readonly #client: Pick<RemoteClient, 'head'>;
  readonly #tables: Pick<ReplicaTables, 'holds'>;
  readonly #events: HeartbeatEvents;
  readonly #stopping = new AbortController();
  #beats: Beat[] = [];
  #movedAt = monotonicNow();

  constructor(
    client: Pick<RemoteClient, 'head'>,
    tables: Pick<ReplicaTables, 'holds'>,
    events: HeartbeatEvents,
  ) {
    this.#client = client;
    this.#tables = tables;
    this.#events = events;
  }

  /** Ends with `stop`; rejects with StoreSilent where the connection is dead. */
  async run(): Promise<void> {
    let silences = 0;
    while (!this.#stopping.signal.aborted) {
      const asked = monotonicNow();
      try {
        this.#beats.push({ asked, head: await this.#client.head(answerLimitMs) });
        silences = 0;
        this.#check();
      } catch (error) {
        // Any other failure comes of a connection that is known to be down, and is made anew without our doing.
        if (error instanceof StoreSilent) silences += 1;
        if (silences >= mostSilences) throw error;
      }
      this.#watch();
      await sleep(everyMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** To be called whenever the replica has moved on. */
  moved(): void {
    this.#movedAt = monotonicNow();
    this.#check();
  }

  stop(): void {
    this.#stopping.abort();
  }

  #check(): void {
    const behind = this.#beats.findIndex(({ head }) => !this.#tables.holds(head));
    const held = behind === -1 ? this.#beats : this.#beats.slice(0, behind);
    const last = held.at(-1);
    if (last === undefined) return;
    this.#beats = this.#beats.slice(held.length);
    this.#events.fresh(last.asked);
  }

  #watch(): void {
    const now = monotonicNow();
    const [oldest] = this.#beats;
    if (oldest === undefined || now - oldest.asked < silentMs || now - this.#movedAt < silentMs) return;
    this.#movedAt = now;
    this.#events.silent();
  }
}
