import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { VaultUnavailable } from '../vault/port.ts';
import { consentsProjection } from './consents-index.ts';
import { currentConsent, currentConsentProjection, rowsOf } from './current-consent.ts';
import { disclosuresProjection } from './disclosures-index.ts';
import { ModelFile, modelPath } from './model-file.ts';
import { batchSize, type Projection, Runner } from './runner.ts';
import { Subjects, type ThreadParts } from './subjects.ts';
import type { FollowerReport } from './thread-messages.ts';

/** Between transactions that are not full: what comes in meanwhile is counted in one. */
const breathMs = 25;
/** After what passes of itself, and stops nothing: a vault that is away, a full disk, another who holds the file. */
const passingPauseMs = 1_000;
const passing = /^SQLITE_(FULL|BUSY)/;
const cachedConsents = 20_000;

/** One read model on its way along the log; `stopped` says why it goes no further. */
interface Followed {
  readonly runner: Runner;
  stopped?: string;
}

/** Takes the read models of one generation forward as the log grows; runs in a thread of its own. */
export class Follower {
  readonly #parts: ThreadParts;
  readonly #report: (report: FollowerReport) => void;
  #generation = 0;
  #models: readonly Followed[] = [];
  #wanted = false;
  #running: Promise<void> | undefined;
  #closing = false;

  constructor(parts: ThreadParts, report: (report: FollowerReport) => void) {
    this.#parts = parts;
    this.#report = report;
  }

  /** Leaves the generation it follows, and follows the one in `folder` from its checkpoints on. */
  async adopt(generation: number, folder: string): Promise<void> {
    await this.#halt();
    this.#generation = generation;
    this.#models = this.#open(folder);
    this.#tell();
    this.grew();
  }

  /** To be called when the log has grown. */
  grew(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wanted && !this.#closing) this.grew();
    });
  }

  async close(): Promise<void> {
    await this.#halt();
  }

  #open(folder: string): Followed[] {
    const { log, definitions } = this.#parts;
    const currentFile = new ModelFile(modelPath(folder, currentConsent), currentConsent, 'service');
    const subjects = new Subjects(this.#parts, rowsOf(currentFile.db), cachedConsents);
    const follow = (projection: Projection, file?: ModelFile): Followed => {
      const { kind } = projection;
      const model = file ?? new ModelFile(modelPath(folder, kind), kind, 'service');
      return { runner: new Runner(log, model, projection, definitions) };
    };
    return [
      follow(currentConsentProjection(subjects), currentFile),
      follow(consentsProjection(subjects)),
      follow(disclosuresProjection(definitions)),
    ];
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#closing) {
      this.#wanted = false;
      for (let most = 1; most > 0 && !this.#closing; ) {
        const counts: number[] = [];
        for (const model of this.#models) counts.push(await this.#step(model));
        this.#tell();
        most = Math.max(0, ...counts);
        if (most < batchSize) await sleep(breathMs);
      }
    }
  }

  async #step(model: Followed): Promise<number> {
    if (model.stopped !== undefined || this.#closing) return 0;
    try {
      return await model.runner.step();
    } catch (error) {
      // Nothing of the batch is counted. What does not pass of itself is not skipped: all after it would be wrong.
      if (!passes(error)) model.stopped = reasonOf(error);
      else await sleep(passingPauseMs);
      return model.stopped === undefined ? 1 : 0;
    }
  }

  #tell(): void {
    this.#report({
      generation: this.#generation,
      models: this.#models.map(({ runner, stopped }) => ({
        name: runner.projection.kind.name,
        checkpoint: runner.checkpoint(),
        ...(stopped !== undefined && { stopped }),
      })),
    });
  }

  async #halt(): Promise<void> {
    this.#closing = true;
    await this.#running;
    for (const { runner } of this.#models) runner.close();
    this.#models = [];
    this.#closing = false;
  }
}

const passes = (error: unknown): boolean =>
  error instanceof VaultUnavailable || (error instanceof Database.SqliteError && passing.test(error.code));

/** The messages of our own errors name types and versions, never what an event holds; of others the name is enough. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'failed';
  return 'code' in error && error.code === 'record-unreadable' ? error.message : error.name;
};
