import type { ExportConsistency } from '../../schemas/export/package.ts';
import type { Checkpoint } from '../evidence/checkpoint.ts';
import type { NoteVerifier } from '../evidence/signed-note.ts';
import { faultInGrowth, trustedCheckpoint } from '../evidence/verify.ts';
import { type Fault, faultAt } from './fault.ts';

/** That the log of a checkpoint goes on from that of an earlier one, which somebody kept. */
export class Growth {
  readonly #checkpoint: Checkpoint;
  readonly #earlier: Checkpoint | undefined;
  #lastFrom = 0;
  /** Size of the earlier checkpoint, once it is shown. */
  shownFrom: number | undefined;

  constructor(checkpoint: Checkpoint, earlier: Checkpoint | undefined) {
    this.#checkpoint = checkpoint;
    this.#earlier = earlier;
  }

  /** The checkpoint that was kept; a fault where it is not to be trusted, or does not go before this one. */
  static earlier(note: string, trusted: readonly NoteVerifier[], checkpoint: Checkpoint): Checkpoint | Fault {
    const earlier = trustedCheckpoint(note, trusted);
    if (earlier === undefined)
      return faultAt('growth', 'the earlier checkpoint is not signed by a key that is trusted');
    return earlier.size > checkpoint.size
      ? faultAt(
          'growth',
          `the checkpoint that was kept is of ${earlier.size} events, and so is not the earlier one`,
        )
      : earlier;
  }

  take({ from, path }: ExportConsistency, record: number): Fault | undefined {
    if (from <= this.#lastFrom || from >= this.#checkpoint.size)
      return faultAt('order', 'the proofs of growth are not in order', { record });
    this.#lastFrom = from;
    if (from !== this.#earlier?.size) return undefined;
    return this.#show(this.#earlier, path, { record });
  }

  /** What is wrong once there are no more proofs. */
  end(): Fault | undefined {
    const earlier = this.#earlier;
    if (earlier === undefined || this.shownFrom !== undefined) return undefined;
    // With itself there is nothing to prove but that they are the same.
    if (earlier.size === this.#checkpoint.size || earlier.size === 0) return this.#show(earlier, []);
    const detail = `the export holds no proof that the log goes on from its first ${earlier.size} events: ask for one`;
    return faultAt('growth', detail);
  }

  #show(earlier: Checkpoint, path: readonly string[], at = {}): Fault | undefined {
    const reason = faultInGrowth(earlier, this.#checkpoint, path);
    if (reason !== undefined) return faultAt('growth', reason, at);
    this.shownFrom = earlier.size;
    return undefined;
  }
}
