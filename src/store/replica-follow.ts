import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadCall, RemoteClient } from './eventstoredb-client.ts';
import type { ReadAnswer, RemoteEvent, RemotePosition } from './eventstoredb-decode.ts';
import type { FollowState } from './replica-messages.ts';
import { type Growth, NotOurLog, type ReplicaTables } from './replica-tables.ts';

/** Of one transaction; while there is more to come, no more is taken from the connection than is written. */
const mostEvents = 4_096;
/** Milliseconds before a subscription that ended is opened again: after the first end, and at most. */
const firstPause = 50;
const longestPause = 1_000;
const answerLimitMs = 2_000;

export interface FollowEvents {
  /** After each transaction. */
  grew(growth: Growth): void;
  /** After each transaction, and whenever the store told that there is nothing up to a position. */
  moved(): void;
  state(state: FollowState): void;
}

/**
 * Follows the log of the store into the tables of the replica, by one subscription that is opened again from where
 * the replica stands whenever it ends, however it ends.
 */
export class Follower {
  readonly #client: RemoteClient;
  readonly #tables: ReplicaTables;
  readonly #events: FollowEvents;
  readonly #stopping = new AbortController();
  #call: ReadCall | undefined;
  #pause = firstPause;

  constructor(client: RemoteClient, tables: ReplicaTables, events: FollowEvents) {
    this.#client = client;
    this.#tables = tables;
    this.#events = events;
  }

  /** Ends with `stop`. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { state, detail } = await this.#follow().then(
        () => ({ state: 'connecting', detail: 'The store ended the subscription' }) as const,
        stateAfter,
      );
      if (this.#stopping.signal.aborted) return;
      this.#events.state({ state, detail });
      await sleep(this.#pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
      this.#pause = Math.min(this.#pause * 2, longestPause);
    }
  }

  /** Opens the subscription again: for one that has gone silent. */
  reopen(): void {
    this.#call?.cancel();
  }

  stop(): void {
    this.#stopping.abort();
    this.#call?.cancel();
  }

  async #follow(): Promise<void> {
    await this.#recognise();
    this.#call = await this.#client.follow(this.#tables.reached);
    // The first that the server says is that it took the subscription.
    this.#call.once('data', () => this.#events.state({ state: 'following', detail: '' }));
    await this.#receive(this.#call);
  }

  /** Another store, or this one restored to an earlier state, must not be mixed with what is here. */
  async #recognise(): Promise<void> {
    const { last } = this.#tables;
    if (last === undefined) return;
    const found = await this.#client.eventAt(last.position, answerLimitMs);
    if (found?.id !== last.id)
      throw new NotOurLog(
        'The store does not hold the last event of this replica: it is another, or was restored',
      );
  }

  /** Ends when the subscription does; rejects when it fails, or what comes cannot be written. */
  #receive(call: ReadCall): Promise<void> {
    return new Promise((resolve, reject) => {
      let events: RemoteEvent[] = [];
      let reached: RemotePosition | undefined;
      let scheduled: NodeJS.Immediate | undefined;
      const write = (): void => {
        clearImmediate(scheduled);
        scheduled = undefined;
        try {
          if (events.length > 0) this.#events.grew(this.#tables.write(events));
          if (reached !== undefined) this.#tables.advance(reached);
          events = [];
          reached = undefined;
          this.#pause = firstPause;
        } catch (error) {
          reject(error);
          call.removeAllListeners('data');
          call.cancel();
          return;
        }
        this.#events.moved();
      };
      // As long as each turn of the event loop brings more, one transaction takes it all.
      const whenQuiet = (before: number): void => {
        if (events.length > before) scheduled = setImmediate(whenQuiet, events.length);
        else write();
      };
      call.on('data', ({ event, checkpoint = reached }: ReadAnswer) => {
        if (event !== undefined) events.push(event);
        reached = checkpoint;
        if (events.length >= mostEvents) write();
        else scheduled ??= setImmediate(whenQuiet, 0);
      });
      call.on('error', reject);
      call.on('end', resolve);
    });
  }
}

const stateAfter = (error: unknown): FollowState => {
  const detail = error instanceof Error ? error.message : String(error);
  return { state: error instanceof NotOurLog ? 'refused' : 'connecting', detail };
};
