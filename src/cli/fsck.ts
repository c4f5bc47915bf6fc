import type { EventDefinition } from '../../schemas/events/define.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { checkSeals } from '../decisions/check-seals.ts';
import { differing, type ModelDigest } from '../projections/compare.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import { checkLog } from '../store/fsck.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { type Progress, under } from './progress.ts';

export interface FsckParts {
  readonly log: Pick<LocalLog, 'slice' | 'head' | 'erasures'> & { integrity(): readonly string[] };
  readonly keyring: Pick<Keyring, 'keyOf'>;
  readonly definitions: readonly EventDefinition[];
  /** The read models that are in service, and the same ones built anew. */
  readonly models: (onProgress: (share: number) => void) => Promise<ModelDigest[]>;
  readonly rebuilt: (onProgress: (share: number) => void) => Promise<Result<ModelDigest[]>>;
}

/** What was found: sentences for the operator, and whether all is well. */
export interface FsckReport {
  readonly lines: readonly string[];
  readonly clean: boolean;
}

const pageEvents = 1_000;
const shownFaults = 20;

/**
 * Checks the whole ledger: the log's file, order and times; every envelope (it opens and is what its commitment
 * says, or its key is gone, a patient's only where the log says that it was erased); and that the read models are what a
 * rebuild gives.
 */
export const fsck = async (
  parts: FsckParts,
  progressOf: (title: string) => Progress,
): Promise<FsckReport> => {
  const faults: string[] = [];
  const head = parts.log.head();

  await under(progressOf('Log'), async (progress) => {
    for await (const { index, detail } of checkLog(parts.log, (at) => progress.show(at / head)))
      faults.push(`at log index ${index}: ${detail}`);
  });
  const seals = await under(progressOf('Envelopes'), (progress) => checkAllSeals(parts, faults, progress));
  const served = await under(progressOf('Read models'), ({ show }) => readable(parts.models(show)));
  const rebuilt = await under(progressOf('Rebuild'), async ({ show }) => {
    const built = await readable(parts.rebuilt(show));
    return built.ok ? built.value : built;
  });
  if (!served.ok) faults.push(`the read models: ${served.error.detail}`);
  if (!rebuilt.ok) faults.push(`a rebuild: ${rebuilt.error.detail}`);
  const differ = served.ok && rebuilt.ok ? differing(served.value, rebuilt.value) : [];
  faults.push(...differ.map((name) => `${name} differs from a rebuild`));

  const lines = [
    `${head} events, in order, none missing.`,
    `${seals.opened} envelopes opened, ${seals.keyless} of keys that are gone.`,
    `${served.ok ? served.value.length : 0} read models compared with a rebuild.`,
    ...faults.slice(0, shownFaults).map((fault) => `FAULT ${fault}`),
    faults.length === 0 ? 'Clean.' : `${faults.length} faults.`,
  ];
  return { lines: faults.length === 0 ? lines : lines.slice(3), clean: faults.length === 0 };
};

/** What breaks the reading of a damaged ledger is one more fault of it, and hides no other. */
const readable = async <T>(reading: Promise<T>): Promise<Result<T>> => {
  try {
    return ok(await reading);
  } catch (error) {
    return fail(
      'record-unreadable',
      `they cannot be read: ${error instanceof Error ? error.name : 'failed'}`,
    );
  }
};

const checkAllSeals = async (
  { log, keyring, definitions }: FsckParts,
  faults: string[],
  progress: Progress,
) => {
  const head = log.head();
  const erased = new Set(log.erasures(0).map(({ stream }) => stream));
  const sum = { opened: 0, keyless: 0 };
  for (let after = 0; after < head; ) {
    const page = log.slice(after, pageEvents);
    for (const event of page) {
      const { opened, keyless, faults: found } = await checkSeals(event, keyring, definitions);
      sum.opened += opened;
      sum.keyless += keyless;
      faults.push(...found.map((fault) => `at log index ${event.index}: ${fault}`));
      if (keyless > 0 && subjectOfPatientStream(event.stream) !== undefined && !erased.has(event.stream))
        faults.push(`at log index ${event.index}: ${event.type}: its key is gone, and nobody erased it`);
    }
    after = page.at(-1)?.index ?? head;
    progress.show(after / head);
  }
  return sum;
};
