import type { ReportIssued } from '../../schemas/events/report-issued.ts';
import type { FailureCode } from '../../schemas/failures.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { VaultUnavailable } from '../vault/port.ts';
import { erasedMeanwhile } from './erased.ts';
import type { ExportIndex, ExportStatus, IndexedExport } from './export-index.ts';
import type { JobProgress, runJob } from './job.ts';
import type { ExportView } from './port.ts';
import { Progress } from './progress.ts';
import type { ReportLog } from './report-log.ts';
import type { ExportAbout } from './request.ts';
import { readRequest } from './sealed-request.ts';
import type { Shelf } from './shelf.ts';

/** What a job is started with: what it is about, its file and key, and what it shall prove growth from. */
export interface QueuedJob {
  readonly about: ExportAbout;
  readonly file: string;
  readonly keyId: string;
  readonly earlier: readonly number[];
}

export interface QueueParts {
  readonly index: ExportIndex;
  readonly shelf: Shelf;
  readonly reports: ReportLog;
  readonly log: Pick<LocalLog, 'erasures'>;
  readonly keyring: Pick<Keyring, 'keyOf'>;
  /** Works on a job until it is done, failed or aborted (`runJob`). */
  readonly work: (
    job: QueuedJob,
    signal: AbortSignal,
    onProgress: (progress: JobProgress) => void,
  ) => ReturnType<typeof runJob>;
  readonly clock: () => Millis;
  readonly retentionMs: Millis;
  /** How long a job waits that met what passes by itself. */
  readonly retryMs: Millis;
  /** Jobs that are worked on at a time. */
  readonly atOnce: number;
  /** Told of each that failed, by its stable code. */
  readonly onFailure: (code: string) => void;
}

/** What passes by itself: the store, the vault or the read models were not to be had. */
const passing: readonly FailureCode[] = [
  'store-unavailable',
  'store-full',
  'vault-unavailable',
  'write-contention',
  'outcome-unknown',
  'position-pending',
];

interface Running {
  readonly abort: AbortController;
  readonly progress: Progress;
  ended: Promise<void>;
}

/** The stable code of what was thrown. */
export const troubleOf = (error: unknown): FailureCode =>
  error instanceof VaultUnavailable ? error.code : 'internal';

/** Works on what is queued, oldest first, and ends each as it is to end. */
export class Queue {
  readonly #parts: QueueParts;
  readonly #running = new Map<string, Running>();
  readonly #watchers = new Map<string, PromiseWithResolvers<void>>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  /** What is being destroyed: it is not taken up again in between. */
  readonly #ending = new Set<string>();
  #closed = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Takes up what waits, as far as there is room. */
  wake(): void {
    const { index, atOnce } = this.#parts;
    for (const one of index.those('running', 'queued')) {
      if (this.#closed || this.#running.size >= atOnce) return;
      if (![this.#running, this.#resting, this.#ending].some((held) => held.has(one.id))) this.#take(one);
    }
  }

  progressOf(one: IndexedExport): ExportView['progress'] {
    const running = this.#running.get(one.id);
    if (running !== undefined) return running.progress.view(this.#parts.clock());
    const isDone = one.status === 'finished';
    return { share: isDone ? 1 : 0, patientsDone: isDone ? one.patients : 0, patients: one.patients };
  }

  /** Settles with the next change of an export. */
  changed(exportId: string): Promise<void> {
    const watcher = this.#watchers.get(exportId) ?? Promise.withResolvers<void>();
    this.#watchers.set(exportId, watcher);
    return watcher.promise;
  }

  /** Stops the work on an export, and destroys what there is of it. */
  async end(one: IndexedExport, status: ExportStatus, failure: string | null = null): Promise<void> {
    const running = this.#running.get(one.id);
    this.#ending.add(one.id);
    try {
      running?.abort.abort();
      await running?.ended;
      const now = this.#parts.index.get(one.id);
      if (now !== undefined) await this.#parts.shelf.destroy(now, status, failure);
    } finally {
      this.#ending.delete(one.id);
      this.#tell(one.id);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waking of this.#resting.values()) clearTimeout(waking);
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    this.tellAll();
  }

  /** Has all who wait for a change look again. */
  tellAll(): void {
    for (const id of this.#watchers.keys()) this.#tell(id);
  }

  #take(one: IndexedExport): void {
    const { index, clock, onFailure } = this.#parts;
    const running: Running = {
      abort: new AbortController(),
      progress: new Progress(clock()),
      ended: Promise.resolve(),
    };
    this.#running.set(one.id, running);
    index.setStatus(one.id, 'running');
    running.ended = this.#work(one, running)
      .catch((error: unknown) => fail(troubleOf(error), 'the export broke'))
      .then(async (result) => {
        this.#running.delete(one.id);
        if (result?.ok !== false) return;
        const { code } = result.error;
        onFailure(code);
        if (passing.includes(code)) this.#rest(one);
        else await this.#parts.shelf.destroy(index.get(one.id)!, 'failed', code);
      })
      .catch((error: unknown) => onFailure(troubleOf(error)))
      .then(() => {
        this.#tell(one.id);
        this.wake();
      });
  }

  /** Tries again later: what was done so far is not lost for what passes by itself. */
  #rest({ id }: IndexedExport): void {
    this.#parts.index.setStatus(id, 'queued');
    if (this.#closed) return;
    const waking = setTimeout(() => {
      this.#resting.delete(id);
      this.wake();
    }, this.#parts.retryMs);
    this.#resting.set(id, waking.unref());
  }

  /** Undefined where it was stopped. */
  async #work(one: IndexedExport, { abort, progress }: Running): Promise<Result<void> | undefined> {
    const { shelf, reports, keyring, work } = this.#parts;
    const request = await readRequest(keyring, one);
    if (request === undefined) return fail('export-gone', 'its key is gone');
    const { about } = request;
    const earlier = await reports.checkpointSizes(one.tenant);
    const job = { about, file: shelf.path(one.id), keyId: one.keyId, earlier };
    const worked = await work(job, abort.signal, (told) => {
      progress.tell(told);
      this.#tell(one.id);
    });
    if (!worked?.ok) return worked;
    progress.issuing();
    this.#tell(one.id);
    return this.#issue(one, about);
  }

  /** Records that the report is issued, and only then offers it; not where a patient in it was erased meanwhile. */
  async #issue(one: IndexedExport, about: ExportAbout): Promise<Result<void>> {
    const { index, shelf, reports, clock, retentionMs, log } = this.#parts;
    const file = await shelf.open(one);
    const state = file?.state();
    file?.close();
    if (state?.stage !== 'signed') return fail('internal', 'the document is not there');
    const { totals, checkpoint, document } = state;
    const patients = totals.patients.known + totals.patients.unknown + totals.patients.erased;
    const made = { checkpointSize: checkpoint!.size, sha256: document!.sha256, bytes: document!.bytes };
    if (shelf.holdsErased({ id: one.id, checkpointSize: made.checkpointSize }, log)) return erasedMeanwhile;
    const report: ReportIssued = {
      exportId: one.id,
      kind: about.kind,
      language: about.language,
      documentSha256: made.sha256,
      checkpointSize: made.checkpointSize,
      patients,
      agent: about.requestedBy,
    };
    const issued = await reports.issue(one.tenant, report);
    if (!issued.ok) return issued;
    if (shelf.holdsErased({ id: one.id, checkpointSize: made.checkpointSize }, log)) return erasedMeanwhile;
    const finishedAt = clock();
    index.finish(one.id, { ...made, patients, finishedAt, expiresAt: finishedAt + retentionMs });
    return ok(undefined);
  }

  #tell(exportId: string): void {
    const watcher = this.#watchers.get(exportId);
    this.#watchers.delete(exportId);
    watcher?.resolve();
  }
}
