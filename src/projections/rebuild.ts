import { fail, ok, type Result } from '../../schemas/result.ts';
import { Builder } from './builder.ts';
import { consentsIndex } from './consents-index.ts';
import { currentConsent } from './current-consent.ts';
import { disclosuresIndex } from './disclosures-index.ts';
import type { Generations } from './generations.ts';
import type { RebuildOptions, RebuildProgress } from './port.ts';
import type { ThreadEntry } from './start-thread.ts';
import type { BuildJob, BuildProgress } from './thread-messages.ts';

const defaultWorkers = 2;

/** Which models are finished side by side: the one whose indexes take long is apart from the others. */
const finishing = (workers: number): readonly (readonly string[])[] => {
  const rest = [currentConsent.name, disclosuresIndex.name];
  return workers > 1 ? [[consentsIndex.name], rest] : [[consentsIndex.name, ...rest]];
};

/**
 * Builds a new generation of all read models beside the one in service: shards in threads of their own, of which the
 * first then make the parts of all into one. Gives its number once it is whole; where it fails or is aborted nothing
 * has changed.
 */
export const rebuild = async (
  thread: ThreadEntry,
  generations: Generations,
  log: { head(): number },
  { workers = defaultWorkers, onProgress, signal }: RebuildOptions,
): Promise<Result<{ readonly generation: number; readonly progress: RebuildProgress }>> => {
  const head = log.head();
  const building = generations.begin();
  const folder = building.path;
  const reached = new Array<BuildProgress>(workers).fill({ subjects: 0, events: 0, share: 0 });
  const progress = (): RebuildProgress => ({
    subjects: sum(reached.map(({ subjects }) => subjects)),
    events: sum(reached.map(({ events }) => events)),
    share: sum(reached.map(({ share }) => share)) / workers,
  });
  const builders = reached.map(
    (_, shard) =>
      new Builder(thread, (made) => {
        reached[shard] = made;
        onProgress?.(progress());
      }),
  );
  const shards = reached.map((_, shard): BuildJob => ({ kind: 'shard', folder, shard, shards: workers }));
  const finishes = finishing(workers).map(
    (models): BuildJob => ({ kind: 'finish', folder, shards: workers, head, models }),
  );
  const reason = (await runAll(builders, shards, signal)) ?? (await runAll(builders, finishes, signal));
  await Promise.all(builders.map((builder) => builder.close()));
  if (reason !== undefined) {
    building.abandon();
    return fail('internal', `The read models were not rebuilt: ${reason}`);
  }
  return ok({ generation: building.finish(), progress: { ...progress(), share: 1 } });
};

/** Has each builder do its job, and ends them all with the first that fails; gives why that did, or undefined. */
const runAll = async (
  builders: readonly Builder[],
  jobs: readonly BuildJob[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> => {
  const abort = () => {
    for (const builder of builders) builder.abort();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  let first: string | undefined;
  const run = async (job: BuildJob, n: number): Promise<void> => {
    const reason = await builders[n]!.run(job);
    if (reason === undefined || first !== undefined) return;
    first = reason;
    abort();
  };
  await Promise.all(jobs.map(run));
  signal?.removeEventListener('abort', abort);
  return first;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
