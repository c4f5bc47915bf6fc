/** What a thread is for: to take the models in service along the log, or to do the jobs of a rebuild. */
export interface Job {
  readonly kind: 'follow' | 'build';
}

/**
 * To a builder, one after the other; `close` comes last.
 * - `shard`: build the part of the models that share `shard` of `shards` makes.
 * - `finish`: make the models of these names of the parts, counting all up to log index `head`.
 */
export type BuilderMessage = BuildJob | { readonly kind: 'close' };
export type BuildJob = ShardJob | FinishJob;

export interface ShardJob {
  readonly kind: 'shard';
  readonly folder: string;
  readonly shard: number;
  readonly shards: number;
}

export interface FinishJob {
  readonly kind: 'finish';
  readonly folder: string;
  readonly shards: number;
  readonly head: number;
  readonly models: readonly string[];
}

/** The `workerData` of a thread: its job, and where the entry module finds what it opens. */
export interface ThreadStart<Places> {
  readonly job: Job;
  readonly places: Places;
}

/** To a follower. */
export type FollowerMessage =
  | { readonly kind: 'grew' }
  | { readonly kind: 'adopt'; readonly generation: number; readonly folder: string }
  | { readonly kind: 'close' };

/** From a follower: how far each model of its generation has come, and what stopped it. */
export interface FollowerReport {
  readonly generation: number;
  readonly models: readonly {
    readonly name: string;
    readonly checkpoint: number;
    readonly stopped?: string;
  }[];
}

/** What a shard has read so far. */
export interface BuildProgress {
  readonly subjects: number;
  readonly events: number;
  /** Of its work, 0 to 1. */
  readonly share: number;
}

/**
 * From a builder: first that it may be terminated; what it has done so far of its job; last of all `done` or why it
 * failed.
 */
export type BuildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: BuildProgress }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };
