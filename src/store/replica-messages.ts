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

/** To the replica's thread. */
export type ReplicaRequest =
  | { readonly kind: 'append'; readonly append: AppendRequest }
  | { readonly kind: 'close' };

/** How it stands with following: `refused` where the store is another than the one that was followed before. */
export interface FollowState {
  readonly state: 'connecting' | 'following' | 'refused';
  readonly detail: string;
}

/** From the replica's thread, in the order in which it happened. */
export type ReplicaReport =
  | { readonly kind: 'grew'; readonly growth: Growth }
  /** All that was in the log of the leader at this moment of `monotonicNow` is here. */
  | { readonly kind: 'fresh'; readonly asOf: number }
  | { readonly kind: 'state'; readonly state: FollowState }
  | { readonly kind: 'outcome'; readonly number: number; readonly outcome: AppendOutcome };

/** Milliseconds on a clock that is never set, the same in all threads. */
export const monotonicNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);
