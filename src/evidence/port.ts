import type { Result } from '../../schemas/result.ts';
import type { SignedCheckpoint } from './checkpoint-log.ts';
import type { DecisionProofs, EventProofs, Proofs } from './thread.ts';

export type { Proofs };

/** Proofs, with the signed checkpoint that they are under. */
export type Under<Proofs> = Proofs & { readonly checkpoint: SignedCheckpoint };

/** What can be had of the evidence. Failures: `evidence-diverged`, and those of writing an event. */
export interface Evidence {
  /** The keys that sign now (C2SP vkey). */
  readonly verifiers: readonly string[];
  /** The last one that was signed; `not-found` where none was. */
  latest(): Promise<Result<SignedCheckpoint>>;
  /** Has one signed now; the latest where nothing else was recorded since. `not-found`: nothing is recorded. */
  checkpoint(): Promise<Result<SignedCheckpoint>>;
  /** Events of a stream from revision `from` on, and the stream's head. `since`: size of a kept checkpoint. */
  proveEvents(
    stream: string,
    page: { readonly from: number; readonly limit: number; readonly since?: number | undefined },
  ): Promise<Result<Under<EventProofs>>>;
  /** Logged answers about a subject that `entries` point at, and the head of their chain. */
  proveDecisions(
    subject: string,
    entries: readonly { readonly index: number; readonly entry: number }[],
    since?: number,
  ): Promise<Result<Under<DecisionProofs>>>;
  /** A signed receipt for an event (receipt.ts); `not-found` where the stream has no such revision. */
  receipt(
    stream: string,
    revision: number,
  ): Promise<Result<{ readonly eventId: string; readonly receipt: string }>>;
}
