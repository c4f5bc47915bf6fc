import { mismatchIn } from '../../schemas/export/kind-and-cohort.ts';
import type { ExportHeader } from '../../schemas/export/package.ts';
import type { Checkpoint } from '../evidence/checkpoint.ts';
import type { NoteVerifier } from '../evidence/signed-note.ts';
import { trustedCheckpoint } from '../evidence/verify.ts';
import { type Fault, faultAt } from './fault.ts';
import { Growth } from './growth.ts';

/** What is trusted beforehand. */
export interface PackageTrust {
  /** Keys of the ledger (C2SP vkey). */
  readonly trusted: readonly NoteVerifier[];
  /** A checkpoint that was kept, a signed note: the log must be shown to go on from it. */
  readonly previous?: string | undefined;
}

/** What all records are checked against: the first of them, and the checkpoint in it. */
export interface Begun {
  readonly header: ExportHeader;
  readonly checkpoint: Checkpoint;
  readonly growth: Growth;
}

/** Takes the header of a package; a fault where nobody can ask for this, or its checkpoint is not to be trusted. */
export const begin = (header: ExportHeader, { trusted, previous }: PackageTrust): Begun | Fault => {
  const mismatch = mismatchIn(header);
  if (mismatch !== undefined) return faultAt('form', mismatch.reason, { record: 1 });
  const checkpoint = trustedCheckpoint(header.checkpoint, trusted);
  if (checkpoint === undefined)
    return faultAt('checkpoint', 'the checkpoint is not signed by a key that is trusted', { record: 1 });
  const earlier = previous === undefined ? undefined : Growth.earlier(previous, trusted, checkpoint);
  if (earlier !== undefined && 'code' in earlier) return earlier;
  return { header, checkpoint, growth: new Growth(checkpoint, earlier) };
};
