import type { Millis, Span } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { noRows, type Rows } from '../record/rows.ts';
import type { LocalLog, Position } from '../store/port.ts';
import { findEndsDue, searchConsents } from './consents-index.ts';
import { findDisclosures } from './disclosures-index.ts';
import { inTurns, searchRetention } from './ended-records.ts';
import { FollowerLink } from './follower-link.ts';
import { Generations } from './generations.ts';
import type {
  ConsentPage,
  ConsentSearch,
  DisclosureRef,
  ModelStatus,
  Projections,
  RebuildOptions,
  RebuildProgress,
  RetentionPage,
  RetentionSearch,
} from './port.ts';
import { kinds, openReaders, type Readers } from './readers.ts';
import { rebuild } from './rebuild.ts';
import type { ThreadEntry } from './start-thread.ts';

export interface ProjectionParts {
  /** Of the read models; made where it is missing. */
  readonly folder: string;
  readonly log: Pick<LocalLog, 'head' | 'reached' | 'onCommit'>;
  /** Of the threads that write the models (src/projections-thread.ts). */
  readonly thread: ThreadEntry;
}

/** A log of no more events than this is projected in its order sooner than threads are started to rebuild. */
const shortLog = 20_000;

const beingBuilt = fail('position-pending', 'The read models are being built');

/** Opens the read models; where there are none of this version they are built while the service answers. */
export const openProjections = async (parts: ProjectionParts): Promise<LedgerProjections> => {
  const generations = new Generations(parts.folder, kinds);
  const projections = new LedgerProjections(parts, generations);
  const isShort = parts.log.head() <= shortLog;
  const generation = generations.newest() ?? (isShort ? generations.begin().finish() : undefined);
  await projections.start(generation);
  return projections;
};

interface RunningRebuild {
  readonly result: Promise<Result<RebuildProgress>>;
  readonly abort: AbortController;
  readonly listeners: Set<(progress: RebuildProgress) => void>;
}

export class LedgerProjections implements Projections {
  readonly rows: Rows;
  readonly #parts: ProjectionParts;
  readonly #generations: Generations;
  readonly #follower: FollowerLink;
  #readers: Readers | undefined;
  #running: RunningRebuild | undefined;

  /** Use `openProjections`. */
  constructor(parts: ProjectionParts, generations: Generations) {
    this.#parts = parts;
    this.#generations = generations;
    this.#follower = new FollowerLink(parts.thread, () => parts.log.head());
    this.rows = {
      get: (subject) => (this.#readers?.rows ?? noRows).get(subject),
      archive: (subject) => (this.#readers?.rows ?? noRows).archive(subject),
    };
    parts.log.onCommit(() => this.#follower.grew());
  }

  /** Takes up a generation, or has one built in the background. */
  async start(generation: number | undefined): Promise<void> {
    if (generation !== undefined) await this.#adopt(generation);
    else void this.rebuild();
  }

  status(): readonly ModelStatus[] {
    const head = this.#parts.log.head();
    const rebuilding = this.#running !== undefined;
    return kinds.map(({ name, version }) => {
      const model = this.#follower.models.find((candidate) => candidate.name === name);
      const reason = this.#follower.failure ?? model?.stopped;
      const checkpoint = model?.checkpoint ?? 0;
      const place = { name, version, checkpoint, lag: Math.max(0, head - checkpoint) };
      if (reason !== undefined) return { ...place, state: 'stopped', reason };
      return { ...place, state: rebuilding ? 'rebuilding' : 'running' };
    });
  }

  /** The folder of the models in service; absent while there are none yet. */
  folder(): string | undefined {
    const generation = this.#generations.newest();
    return generation === undefined ? undefined : this.#generations.path(generation);
  }

  ready(): boolean {
    return this.status().every(({ state }) => state !== 'stopped');
  }

  caughtUp(timeoutMs: number): Promise<boolean> {
    return this.#counted(this.#parts.log.head(), timeoutMs);
  }

  arrived(position: Position, timeoutMs: number): Promise<boolean> {
    return this.#follower.waiters.until(() => this.#parts.log.reached(position), timeoutMs);
  }

  async waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    if (!(await this.arrived(position, timeoutMs))) return false;
    return this.#counted(this.#parts.log.head(), Math.max(0, deadline - performance.now()));
  }

  searchConsents(tenant: string, search: ConsentSearch): Result<ConsentPage> {
    return this.#readers === undefined ? beingBuilt : searchConsents(this.#readers.consents, tenant, search);
  }

  searchRetention(tenant: string, search: RetentionSearch): Promise<Result<RetentionPage>> {
    return inTurns(search, (part) =>
      this.#readers === undefined ? beingBuilt : searchRetention(this.#readers.consents, tenant, part),
    );
  }

  endsDue(now: Millis, after: string | undefined, limit: number): { subject: string; tenant: string }[] {
    return this.#readers === undefined ? [] : findEndsDue(this.#readers.consents, now, after ?? '', limit);
  }

  disclosures(
    subject: string,
    span: Span,
    after: DisclosureRef | undefined,
    limit: number,
  ): readonly DisclosureRef[] {
    if (this.#readers === undefined) return [];
    return findDisclosures(this.#readers.disclosures, subject, span, after, limit);
  }

  /** Joins the rebuild that is under way, if there is one: its progress is told, and `signal` ends it for all. */
  rebuild(options: RebuildOptions = {}): Promise<Result<RebuildProgress>> {
    this.#running ??= this.#start(options.workers);
    const { result, abort, listeners } = this.#running;
    const { onProgress, signal } = options;
    if (onProgress !== undefined) listeners.add(onProgress);
    if (signal?.aborted) abort.abort();
    signal?.addEventListener('abort', () => abort.abort(), { once: true });
    return result;
  }

  #start(workers: number | undefined): RunningRebuild {
    const abort = new AbortController();
    const listeners = new Set<(progress: RebuildProgress) => void>();
    const onProgress = (progress: RebuildProgress) => {
      for (const listener of listeners) listener(progress);
    };
    const options = { onProgress, signal: abort.signal, ...(workers !== undefined && { workers }) };
    const result = this.#rebuild(options).finally(() => {
      this.#running = undefined;
    });
    return { result, abort, listeners };
  }

  async #rebuild(options: RebuildOptions): Promise<Result<RebuildProgress>> {
    await null; // Whoever asked for it may still abort it before anything is begun.
    const { thread, log } = this.#parts;
    const built = await rebuild(thread, this.#generations, log, options);
    if (!built.ok) {
      if (this.#readers === undefined) this.#follower.fail(built.error.detail);
      return built;
    }
    await this.#adopt(built.value.generation);
    return ok(built.value.progress);
  }

  async close(): Promise<void> {
    this.#running?.abort.abort();
    await this.#running?.result;
    await this.#follower.close();
    this.#readers?.close();
  }

  /** The swap: the follower goes on with that generation, then it is read, then the others are removed. */
  async #adopt(generation: number): Promise<void> {
    const folder = this.#generations.path(generation);
    if (!(await this.#follower.adopt(generation, folder))) return;
    const before = this.#readers;
    this.#readers = openReaders(folder);
    before?.close();
    this.#generations.keepOnly(generation);
    this.#follower.waiters.check();
  }

  async #counted(index: number, timeoutMs: number): Promise<boolean> {
    const isCounted = () =>
      this.#readers !== undefined && this.#follower.models.every(({ checkpoint }) => checkpoint >= index);
    // A model that has stopped gets there by no waiting.
    await this.#follower.waiters.until(() => isCounted() || !this.ready(), timeoutMs);
    return isCounted();
  }
}
