import { Worker } from 'node:worker_threads';
import type { Millis } from '../../schemas/instant.ts';
import { claimFolder, DataFolderError, ensurePrivateFile } from './folder.ts';
import { GroupCommit } from './group-commit.ts';
import type { AppendOutcome, EventStore, LocalLog, NewEvent } from './port.ts';
import { RecordingClock } from './recording-clock.ts';
import { createTables, followsAStore, openForWriting } from './schema.ts';
import { logFile, SqliteLog } from './sqlite-log.ts';

export { logFile };

/**
 * Opens the embedded store of a data folder: `log.db` in it, written by a thread of its own. The folder belongs to
 * this process until `close`, or until the process ends, however it does.
 *
 * @param options.clock now, in milliseconds; may be set back without harm
 * @throws DataFolderError where the folder is in use, open to others, or holds the replica of a remote store
 */
export const openSqliteStore = async (options: {
  readonly folder: string;
  readonly clock: () => Millis;
}): Promise<SqliteStore> => {
  const { folder, clock } = options;
  const claim = claimFolder(folder);
  try {
    const file = logFile(folder);
    ensurePrivateFile(file);
    const setup = openForWriting(file);
    try {
      createTables(setup);
      if (followsAStore(setup))
        throw new DataFolderError(
          `The log in ${folder} is a replica of a remote store, which holds the truth. Choose another folder.`,
        );
      return new SqliteStore(file, clock, claim);
    } finally {
      setup.close();
    }
  } catch (error) {
    claim.release();
    throw error;
  }
};

/** The embedded store: one machine, one process, one file. Reads on the calling thread, writes on another. */
export class SqliteStore extends SqliteLog implements EventStore, LocalLog {
  readonly #clock: RecordingClock;
  readonly #commits: GroupCommit;
  readonly #claim: { release(): void };
  #closed: Promise<void> | undefined;

  /** Use `openSqliteStore`. */
  constructor(file: string, clock: () => Millis, claim: { release(): void }) {
    super(file);
    this.#clock = new RecordingClock(clock, this.lastRecordedAt());
    this.#claim = claim;
    this.#commits = new GroupCommit(
      () => new Worker(new URL('./sqlite-writer.ts', import.meta.url), { workerData: { file } }),
      this.#clock,
      (streams) => this.committed(streams),
    );
  }

  async append(
    stream: string,
    events: readonly NewEvent[],
    expectedRevision: number,
  ): Promise<AppendOutcome> {
    if (events.length === 0) throw new RangeError('An append holds at least one event');
    return this.#commits.append(stream, events, expectedRevision);
  }

  pending(stream: string): Promise<void> | undefined {
    return this.#commits.pending(stream);
  }

  settledNow(lastRecordedAt: Millis | undefined): Millis {
    return this.#clock.settledNow(lastRecordedAt);
  }

  /** All of it: whatever is stamped after `settledNow` lies after what it returned. */
  knownUntil(_lastRecordedAt: Millis | undefined, now: Millis): Millis {
    return now;
  }

  /** The log is the truth itself. */
  staleness(): Millis {
    return 0;
  }

  /** Ends the subscriptions, writes the appends that were accepted, and gives the folder back. */
  close(): Promise<void> {
    this.#closed ??= this.end(() => this.#commits.close()).then(() => this.#claim.release());
    return this.#closed;
  }
}
