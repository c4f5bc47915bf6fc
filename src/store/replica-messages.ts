import type { RemoteNewEvent } from './eventstoredb-append.ts';
import type { RemoteConnection } from './eventstoredb-client.ts';
import type { AppendOutcome } from './port.ts';
import type { Growth } from './replica-tables.ts';

/** What the replica's thread is given at its start. */
export interface ReplicaStart {
  /** The `log.db` of the replica, with its tables. */
  readonly file: string;
  readonly connection: RemoteConnection;
}

export interface AppendRequest {
  readonly number: number;
  readonly stream: string;
  readonly events: readonly RemoteNewEvent[];
  readonly expectedRevision: number;
}

/** To the replica's thread, in messages of many. */
export type ReplicaRequest =
  | { readonly kind: 'append'; readonly append: AppendRequest }
  | { readonly kind: 'close' };

/** How it stands with following: `refused` where the store is another than the one that was followed before. */
export interface FollowState {
  readonly state: 'connecting' | 'following' | 'refused';
  readonly detail: string;
}

/** From the replica's thread, in messages of many, in the order in which it happened. */
export type ReplicaReport =
  | { readonly kind: 'grew'; readonly growth: Growth }
  /** All that was in the log of the leader at this moment of `monotonicNow` is here. */
  | { readonly kind: 'fresh'; readonly asOf: number }
  | { readonly kind: 'state'; readonly state: FollowState }
  | { readonly kind: 'outcome'; readonly number: number; readonly outcome: AppendOutcome };

/**
 * Sends what gathers in a turn of the event loop as one message, in order: between threads a message costs more than
 * what is in it.
 */
export class Outbox<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}

/** Milliseconds on a clock that is never set, the same in all threads. */
export const monotonicNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);
