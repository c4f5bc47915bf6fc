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
  /** As `checkpoint`, and does this work before the evidence goes on to a later one. */
  atNew<T>(work: (checkpoint: SignedCheckpoint) => Promise<T>): Promise<Result<T>>;
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
  /** A compact JWS (receipt.ts) over what the ledger itself says, by the newest of its keys. */
  certify(type: 'consent-ledger-erasure+json', statement: object): string;
  /** A signed receipt for an event (receipt.ts); `not-found` where the stream has no such revision. */
  receipt(
    stream: string,
    revision: number,
  ): Promise<Result<{ readonly eventId: string; readonly receipt: string }>>;
}

/**
 * The proofs of an export (docs/evidence-format.md section 8). One is made so: `walkHeads` has its checkpoint signed and
 * says of each name how many events it has under it; these are gathered; then `besideLeaves` proves them under that
 * checkpoint, also where later ones were signed since; last `signExport` signs the whole. All reject where the thread
 * of the evidence has ended.
 */
export interface ExportEvidence {
  /**
   * Has a checkpoint signed; walks the heads tree under it to the keys of names (`headKeys`, heads-walk.ts), which may
   * be chosen by what the checkpoint covers: the evidence does not go on meanwhile.
   */
  walkHeads(
    keysUnder: (checkpoint: SignedCheckpoint) => Promise<Uint8Array>,
  ): Promise<Result<{ readonly checkpoint: SignedCheckpoint; readonly walk: Uint8Array }>>;
  /** The leaf hashes at these indices (from 0), 32 bytes each; of leaves under a checkpoint that was signed. */
  leafHashes(indices: Float64Array): Promise<Result<Uint8Array>>;
  /** The hashes beside these leaves (ascending, none twice) in the log of `size` events, 32 bytes each, page by page. */
  besideLeaves(indices: Float64Array, size: number): AsyncIterable<Uint8Array>;
  /** RFC 9162 consistency proof from one size to another, both of checkpoints that were signed; hexadecimal. */
  growth(from: number, to: number): Promise<Result<string[]>>;
  /** Signs an export by its id and the SHA-256 of its lines before the last (export-note.ts). */
  signExport(exportId: string, digest: Uint8Array): string;
}
