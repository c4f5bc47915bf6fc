import { type ResourceLimits, Worker } from 'node:worker_threads';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { consentsIndex } from './consents-index.ts';
import { currentConsent } from './current-consent.ts';
import { disclosuresIndex } from './disclosures-index.ts';
import type { Generations } from './generations.ts';
import type { RebuildOptions, RebuildProgress } from './port.ts';
import type { BuildMessage, BuildProgress, Job, ThreadStart } from './thread-messages.ts';

/** How the threads of the read models are started: their entry module, and what it needs to find log and vault. */
export interface ThreadEntry {
  readonly entry: URL;
  readonly places: unknown;
}

export const startThread = (
  { entry, places }: ThreadEntry,
  job: Job,
  resourceLimits: ResourceLimits = {},
): Worker =>
  new Worker(entry, { workerData: { job, places } satisfies ThreadStart<unknown>, resourceLimits });

/**
 * Of each builder: without a limit garbage is left to grow. A patient with 50,000 events, none of them settled, still
 * fits in 128 MiB.
 */
const builderLimits = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

const defaultWorkers = 2;

/** Which models are finished side by side: the one whose indexes take long is apart from the others. */
const finishing = (workers: number): readonly (readonly string[])[] => {
  const rest = [currentConsent.name, disclosuresIndex.name];
  return workers > 1 ? [[consentsIndex.name], rest] : [[consentsIndex.name, ...rest]];
};

const firstFailure = async (work: readonly Promise<string | undefined>[]): Promise<string | undefined> =>
  (await Promise.all(work)).find((reason) => reason !== undefined);

/**
 * Builds a new generation of all read models beside the one in service: shards in threads of their own, then their
 * parts as one. Gives its number once it is whole; where it fails or is aborted nothing has changed.
 */
export const rebuild = async (
  thread: ThreadEntry,
  generations: Generations,
  log: { head(): number },
  { workers = defaultWorkers, onProgress, signal }: RebuildOptions,
): Promise<Result<{ readonly generation: number; readonly progress: RebuildProgress }>> => {
  const head = log.head();
  const building = generations.begin();
  const reached = new Array<BuildProgress>(workers).fill({ subjects: 0, events: 0, share: 0 });
  const progress = (): RebuildProgress => ({
    subjects: sum(reached.map(({ subjects }) => subjects)),
    events: sum(reached.map(({ events }) => events)),
    share: sum(reached.map(({ share }) => share)) / workers,
  });
  const folder = building.path;
  const shards = reached.map((_, shard) =>
    build(thread, { kind: 'shard', folder, shard, shards: workers }, signal, (made) => {
      reached[shard] = made;
      onProgress?.(progress());
    }),
  );
  const finish = (models: readonly string[]) =>
    build(thread, { kind: 'finish', folder, shards: workers, head, models }, signal);
  const reason = (await firstFailure(shards)) ?? (await firstFailure(finishing(workers).map(finish)));
  if (reason !== undefined) {
    building.abandon();
    return fail('internal', `The read models were not rebuilt: ${reason}`);
  }
  return ok({ generation: building.finish(), progress: { ...progress(), share: 1 } });
};

/** Runs one job in a thread of its own; gives why it failed, or undefined. */
const build = (
  thread: ThreadEntry,
  job: Job,
  signal: AbortSignal | undefined,
  onProgress?: (progress: BuildProgress) => void,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve('aborted');
    const worker = startThread(thread, job, builderLimits);
    let reason: string | undefined = 'the thread ended';
    const abort = () => {
      reason = 'aborted';
      void worker.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: BuildMessage) => {
      if (message.kind === 'progress') onProgress?.(message.progress);
      else if (reason !== 'aborted') reason = message.kind === 'done' ? undefined : message.reason;
    });
    worker.on('error', (error) => {
      reason = error.name;
    });
    worker.on('exit', () => {
      signal?.removeEventListener('abort', abort);
      resolve(reason);
    });
  });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
