import { Worker } from 'node:worker_threads';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { ExportEvidence } from '../evidence/port.ts';
import { terminatorOf } from '../projections/start-thread.ts';
import type { ExportCheckpoint } from './gather-parts.ts';
import type { ExportCall, ExportCalls, ExportMessage, ExportReply, Unsigned } from './thread.ts';

/** How far a job is, as its thread tells it. */
export type JobProgress = Omit<Extract<ExportMessage, { kind: 'progress' }>, 'kind'>;

export interface JobParts {
  /** Entry module of the thread (src/exports-thread.ts), and what it needs. */
  readonly entry: URL;
  readonly start: unknown;
  readonly evidence: ExportEvidence;
  /** Settles once the read models have counted the log as it is; false where they do not get there. */
  readonly counted: () => Promise<boolean>;
  readonly onUnsigned: (unsigned: Unsigned) => void;
}

/** So that a runaway document ends its thread, and not the service. A larger young generation is memory that stays taken. */
const limits = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 8 };

/**
 * Works on an export in a thread of its own until it is done, fails, or `signal` aborts it, which leaves its file as
 * it then is: it can be gone on with. Failures: those of `gather` and of making the document; `aborted` is undefined.
 */
export const runJob = (
  { entry, start, evidence, counted, onUnsigned }: JobParts,
  signal: AbortSignal,
  onProgress: (progress: JobProgress) => void,
): Promise<Result<void> | undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const worker = new Worker(entry, { workerData: start, resourceLimits: limits });
    const terminate = terminatorOf(worker);
    const walk = heldWalk(evidence, counted);
    const calls = answering(evidence, walk);
    let outcome: Result<void> | undefined = fail('internal', 'the thread of the export ended');
    const abort = () => {
      outcome = undefined;
      terminate();
    };
    signal.addEventListener('abort', abort, { once: true });
    const reply = async ({ id, name, args }: ExportCall) => {
      const answer: ExportReply = await Promise.resolve(
        (calls[name] as (...args: unknown[]) => unknown)(...args),
      ).then(
        (value) => ({ id, value }),
        (error: unknown) => ({ id, failed: error instanceof Error ? error.message : 'failed' }),
      );
      worker.postMessage(answer);
    };
    worker.on('message', (message: ExportMessage) => {
      if (message.kind === 'call') void reply(message);
      else if (message.kind === 'progress') onProgress(message);
      else if (message.kind === 'unsigned') onUnsigned(message.unsigned);
      else if (message.kind !== 'ready' && outcome !== undefined)
        outcome = message.kind === 'done' ? ok(undefined) : { ok: false, error: message.failure };
    });
    worker.on('error', (error) => {
      if (outcome !== undefined) outcome = fail('internal', `the export broke: ${error.name}`);
    });
    worker.on('exit', () => {
      signal.removeEventListener('abort', abort);
      walk.abandon();
      resolve(outcome);
    });
  });

type Answers = {
  readonly [Name in keyof ExportCalls]: (
    ...args: Parameters<ExportCalls[Name]>
  ) => ReturnType<ExportCalls[Name]> | Promise<ReturnType<ExportCalls[Name]>>;
};

const answering = (evidence: ExportEvidence, walk: HeldWalk): Answers => ({
  beginWalk: () => walk.begin(),
  endWalk: (keys) => walk.end(keys),
  leafHashes: (indices) => evidence.leafHashes(indices),
  async besideLeaves(indices, size) {
    const hashes: Uint8Array[] = [];
    for await (const some of evidence.besideLeaves(indices, size)) hashes.push(some);
    return new Uint8Array(Buffer.concat(hashes));
  },
  growth: (from, to) => evidence.growth(from, to),
  signExport: (exportId, digest) => evidence.signExport(exportId, digest),
});

type Walked = ReturnType<ExportCalls['endWalk']>;

/** The evidence stands still between the two, while the thread chooses whose heads it asks for. */
interface HeldWalk {
  begin(): Promise<Result<ExportCheckpoint>>;
  end(keys: Uint8Array): Promise<Walked>;
  /** Lets the evidence go on, where the thread ended in between. */
  abandon(): void;
}

const heldWalk = (evidence: ExportEvidence, counted: () => Promise<boolean>): HeldWalk => {
  const keys = Promise.withResolvers<Uint8Array>();
  keys.promise.catch(() => {});
  let walked: Promise<Walked> | undefined;
  return {
    async begin() {
      const begun = Promise.withResolvers<Result<ExportCheckpoint>>();
      walked = evidence.walkHeads(async ({ note, size }) => {
        begun.resolve((await counted()) ? ok({ note, size }) : notCounted);
        return keys.promise;
      });
      walked.then(
        (result) => begun.resolve(result.ok ? ok(result.value.checkpoint) : result),
        () => begun.resolve(fail('internal', 'the evidence is not kept')),
      );
      return begun.promise;
    },
    async end(chosen) {
      keys.resolve(chosen);
      const result = await walked!;
      if (!result.ok) return result;
      const { checkpoint, walk } = result.value;
      return ok({ checkpoint: { note: checkpoint.note, size: checkpoint.size }, walk });
    },
    abandon: () => keys.reject(new Error('the export was given up')),
  };
};

export const notCounted = fail('position-pending', 'the read models have not yet counted the whole log');
