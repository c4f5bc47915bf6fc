import { rm } from 'node:fs/promises';
import { differing, type ModelDigest } from '../projections/compare.ts';
import type { Projections } from '../projections/port.ts';
import type { Progress } from './progress.ts';
import { rebuildCommand } from './rebuild.ts';

/** An opened ledger, as the drill needs it. */
export interface Drilled {
  readonly projections: Pick<Projections, 'rebuild' | 'caughtUp'>;
  readonly digest: (onProgress: (share: number) => void) => Promise<ModelDigest[]>;
  close(): Promise<void>;
}

const catchUpMs = 600_000;

/**
 * `consent-ledger drill`: shows that the read models can be lost. Notes what they say, deletes them, builds them
 * from the log and compares.
 *
 * @param modelsFolder of the read models, which is deleted
 * @throws where they differ
 */
export const drill = async (
  open: () => Promise<Drilled>,
  modelsFolder: string,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<string> => {
  const before = await onLedger(open, (ledger) => digestOf(ledger, progressOf('Reading')));
  await rm(modelsFolder, { recursive: true, force: true });
  const { after, said } = await onLedger(open, async (ledger) => {
    const rebuilt = await rebuildCommand(ledger.projections, progressOf('Rebuilding'), signal);
    return { said: rebuilt, after: await digestOf(ledger, progressOf('Comparing')) };
  });
  const changed = differing(before, after);
  if (changed.length > 0) throw new Error(`Not as before: ${changed.join(', ')}.`);
  return `The read models were deleted. ${said} All ${after.length} are as they were.`;
};

const onLedger = async <T>(
  open: () => Promise<Drilled>,
  work: (ledger: Drilled) => Promise<T>,
): Promise<T> => {
  const ledger = await open();
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
};

const digestOf = async ({ projections, digest }: Drilled, progress: Progress): Promise<ModelDigest[]> => {
  if (!(await projections.caughtUp(catchUpMs)))
    throw new Error('The read models do not catch up with the log.');
  const digests = await digest(progress.show);
  progress.end();
  return digests;
};
