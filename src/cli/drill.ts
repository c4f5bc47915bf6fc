import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { differing, type ModelDigest } from '../projections/compare.ts';
import type { Projections } from '../projections/port.ts';
import type { LocalLog } from '../store/port.ts';
import { type Progress, under } from './progress.ts';
import { rebuildCommand } from './rebuild.ts';

/** An opened ledger, as the drill needs it. */
export interface Drilled {
  readonly log: Pick<LocalLog, 'slice' | 'head'>;
  readonly projections: Pick<Projections, 'rebuild' | 'caughtUp'>;
  readonly digest: (onProgress: (share: number) => void) => Promise<ModelDigest[]>;
  close(): Promise<void>;
}

/** What the drill deletes. */
export interface Drill {
  readonly modelsFolder: string;
  /** The replica's `log.db`; absent where the log here is itself the truth. */
  readonly replica: string | undefined;
}

/** What the log and the read models said at one moment. */
interface Noted {
  readonly head: number;
  readonly log: string;
  readonly models: readonly ModelDigest[];
}

const catchUpMs = 600_000;
const pageEvents = 1_000;

/**
 * `consent-ledger drill`: shows that what is made from the log can be lost. Notes what the read models say, and the
 * replica where the events are in a remote store; deletes them, has them built anew, and compares.
 *
 * @param open opens the ledger; it tells the head of a replica that catches up
 * @throws where they differ
 */
export const drill = async (
  open: (onHead: (head: number) => void) => Promise<Drilled>,
  { modelsFolder, replica }: Drill,
  progressOf: (title: string) => Progress,
  signal: AbortSignal,
): Promise<string> => {
  const before = await onLedger(open, (ledger) => note(ledger, progressOf));
  await rm(modelsFolder, { recursive: true, force: true });
  if (replica !== undefined)
    for (const suffix of ['', '-wal', '-shm']) await rm(`${replica}${suffix}`, { force: true });
  const opened = await under(progressOf('Opening'), async (progress) => {
    const ledger = await open((head) => progress.show(Math.min(1, head / Math.max(1, before.head))));
    progress.show(1);
    return ledger;
  });
  const { after, rebuilt } = await onLedger(
    async () => opened,
    async (ledger) => ({
      rebuilt: await rebuildCommand(ledger.projections, progressOf('Rebuilding'), signal),
      after: await note(ledger, progressOf, before.head),
    }),
  );
  return `${saidOfReplica(before, after, replica)}${saidOfModels(before, after, rebuilt)}`;
};

const saidOfReplica = (before: Noted, after: Noted, replica: string | undefined): string => {
  if (replica === undefined) return '';
  if (after.log !== before.log) throw new Error('The replica is not as before.');
  return `The replica was deleted and followed anew; its ${before.head} events are as they were. `;
};

const saidOfModels = (before: Noted, after: Noted, rebuilt: string): string => {
  const deleted = `The read models were deleted. ${rebuilt}`;
  const grown = after.head - before.head;
  if (grown > 0)
    return `${deleted} They were not compared, for others wrote ${grown} events meanwhile: stop them to compare.`;
  const changed = differing(before.models, after.models);
  if (changed.length > 0) throw new Error(`Not as before: ${changed.join(', ')}.`);
  return `${deleted} All ${after.models.length} are as they were.`;
};

const onLedger = async <T>(
  open: (onHead: (head: number) => void) => Promise<Drilled>,
  work: (ledger: Drilled) => Promise<T>,
): Promise<T> => {
  const ledger = await open(() => {});
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
};

/** `upTo`: the log index up to which the log is digested. */
const note = async (
  { log, projections, digest }: Drilled,
  progressOf: (title: string) => Progress,
  upTo = log.head(),
): Promise<Noted> => {
  if (!(await projections.caughtUp(catchUpMs)))
    throw new Error('The read models do not catch up with the log.');
  const head = log.head();
  const digestOfLog = await under(progressOf('Reading the log'), async ({ show }) =>
    digestLog(log, upTo, show),
  );
  const models = await under(progressOf('Reading the read models'), ({ show }) => digest(show));
  return { head, log: digestOfLog, models };
};

const digestLog = (log: Drilled['log'], upTo: number, show: (share: number) => void): string => {
  const hash = createHash('sha256');
  for (let after = 0; after < upTo; ) {
    const page = log.slice(after, Math.min(pageEvents, upTo - after));
    for (const { data, ...event } of page) hash.update(JSON.stringify(event)).update(data);
    after = page.at(-1)?.index ?? upTo;
    show(after / upTo);
  }
  return hash.digest('hex');
};
