import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LedgerFolder, openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { assertAllHeld } from './server-held.ts';
import { Writer } from './server-writer.ts';

/** What a run came to. That nothing was lost or doubled and each fsck was clean is what it fails without. */
export interface KillFigures {
  kills: number;
  acknowledged: number;
  decisions: number;
  /** Writes that were not answered, and how many of these turned out to have been carried out. */
  retried: number;
  carriedOut: number;
  fscks: number;
}

const writersCount = 8;
/** A new ledger after so many, since each kill is followed by a check of all of it. */
const killsPerLedger = 20;
const mostAnswersPerKill = 80;
const settings = { limits: { ratePerSecond: 1_000_000 } };

/**
 * Kills the real server under eight writers, again and again. What it leaves is copied and checked by fsck, while
 * the server starts on the original and must hold, over HTTP, all that was acknowledged.
 */
export const killServer = async (kills: number, report: (so: KillFigures) => void): Promise<void> => {
  const figures = { kills: 0, acknowledged: 0, decisions: 0, retried: 0, carriedOut: 0, fscks: 0 };
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-kill-'));
  try {
    while (figures.kills < kills) {
      const run = new KilledLedger(folder, figures);
      await run.killTimes(Math.min(killsPerLedger, kills - figures.kills));
      report(figures);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** One ledger, which is killed several times. */
class KilledLedger {
  readonly #folder: string;
  readonly #figures: KillFigures;
  readonly #writers = Array.from(
    { length: writersCount },
    (_, n) =>
      new Writer(`writer-${n}`, () => {
        this.#answered += 1;
      }),
  );
  #answered = 0;

  constructor(folder: string, figures: KillFigures) {
    this.#folder = folder;
    this.#figures = figures;
  }

  async killTimes(kills: number): Promise<void> {
    const ledger = await this.#open('ledger', true);
    let server = await ledger.serve();
    try {
      for (let kill = 0; kill < kills; kill++) {
        const until = this.#answered + Math.floor(Math.random() * mostAnswersPerKill);
        await killUnder(server, this.#writers, () => this.#answered >= until);
        this.#figures.kills += 1;
        const copy = await this.#copyOf(ledger);
        const checked = check(copy);
        server = await ledger.serve();
        const [held] = await Promise.all([assertAllHeld(server, this.#writers), checked]);
        this.#figures.fscks += 1;
        await this.#retryUnanswered(server, held);
      }
      await assertAllHeld(server, this.#writers);
    } finally {
      await server.kill();
      await rm(join(this.#folder, 'ledger'), { recursive: true });
    }
    for (const { acknowledged, decisions } of this.#writers) {
      this.#figures.acknowledged += acknowledged.length;
      this.#figures.decisions += decisions.length;
    }
  }

  #open(name: string, newKeys: boolean): Promise<LedgerFolder> {
    const compiled = join(this.#folder, 'compiled');
    return openLedgerFolder(join(this.#folder, name), { settings, newKeys, compiled });
  }

  async #copyOf({ config }: LedgerFolder): Promise<LedgerFolder> {
    const copy = join(this.#folder, 'copy');
    await rm(copy, { recursive: true, force: true });
    await cp(config.dataFolder, join(copy, 'data'), { recursive: true });
    return this.#open('copy', false);
  }

  /** The same key again: what had been carried out is answered, the rest is carried out now. */
  async #retryUnanswered(server: ServedLedger, held: ReadonlySet<string>): Promise<void> {
    for (const writer of this.#writers) {
      const { unanswered } = writer;
      if (unanswered === undefined) continue;
      const replayed = await writer.retry(server);
      assert.equal(replayed, held.has(unanswered.name), unanswered.name);
      this.#figures.retried += 1;
      if (replayed) this.#figures.carriedOut += 1;
    }
  }
}

/** Lets the writers run until it is `time`, and kills the server while they do. */
const killUnder = async (
  server: ServedLedger,
  writers: readonly Writer[],
  time: () => boolean,
): Promise<void> => {
  let killed = false;
  const running = writers.map((writer) =>
    writer.run(server).catch((error: unknown) => {
      if (!killed || error instanceof assert.AssertionError) throw error;
    }),
  );
  const killing = async () => {
    while (!time()) await delay(1);
    await delay(Math.random() * 5);
    killed = true;
    const { killedBy } = await server.kill();
    assert.equal(killedBy, 'SIGKILL', 'the server ended by itself');
  };
  await Promise.all([killing(), ...running]);
};

const check = async (ledger: LedgerFolder): Promise<void> => {
  const { code, stdout, stderr } = await ledger.run(['fsck']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^Clean\.$/m);
};
