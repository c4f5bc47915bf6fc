import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { GroupCommit } from '../../src/store/group-commit.ts';
import { RecordingClock } from '../../src/store/recording-clock.ts';
import { createTables } from '../../src/store/schema.ts';
import { newEvent } from '../contract/event-store.ts';

const writer = (file: string): Worker =>
  new Worker(new URL('../../src/store/sqlite-writer.ts', import.meta.url), { workerData: { file } });

/** Takes a batch and dies of it. */
const dyingWriter = (): Worker =>
  new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', () => process.exit(1));
     parentPort.postMessage({ kind: 'ready' });`,
    { eval: true },
  );

/** Dies before it can take anything. */
const stillbornWriter = (): Worker => new Worker(`throw new Error('no such disk')`, { eval: true });

/** Runs with a group commit whose writers are spawned by these functions in turn, the last one again and again. */
const withWriters = async (
  spawns: readonly ((file: string) => Worker)[],
  run: (commits: GroupCommit, settled: string[]) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-commit-'));
  const file = join(folder, 'log.db');
  const db = new Database(file);
  createTables(db);
  db.close();
  let spawned = 0;
  const spawn = (): Worker => spawns[Math.min(spawned++, spawns.length - 1)]!(file);
  const settled: string[] = [];
  const commits = new GroupCommit(spawn, new RecordingClock(Date.now, undefined), (streams) =>
    settled.push(...streams),
  );
  try {
    await run(commits, settled);
  } finally {
    await commits.close();
    await rm(folder, { recursive: true });
  }
};

describe('GroupCommit', () => {
  it('answers unknown for what a dead writer had in hand; the next one takes the retry', async () => {
    await withWriters([dyingWriter, writer], async (commits, settled) => {
      const events = [newEvent()];
      const lost = await Promise.all([
        commits.append('a', events, -1),
        commits.append('b', [newEvent()], -1),
      ]);
      for (const outcome of lost) assert.equal(outcome.outcome, 'unknown');
      assert.deepEqual(settled, ['a', 'b']);
      assert.equal(commits.pending('a'), undefined);
      const again = await commits.append('a', events, -1);
      assert.equal(again.outcome, 'appended');
    });
  });

  it('keeps what waits behind a dead writer for the next one', async () => {
    await withWriters([dyingWriter, writer], async (commits) => {
      const first = commits.append('a', [newEvent()], -1);
      let over = false;
      void first.then(() => {
        over = true;
      });
      // On a slow machine the writer may have died before anybody looked.
      while (!over && commits.pending('a') === undefined)
        await new Promise((resolve) => setImmediate(resolve));
      const second = commits.append('b', [newEvent()], -1);
      assert.equal((await first).outcome, 'unknown');
      assert.equal((await second).outcome, 'appended');
    });
  });

  it('refuses while no writer can be started, and works once one can', async () => {
    await withWriters([stillbornWriter, stillbornWriter, writer], async (commits) => {
      const refused = await commits.append('a', [newEvent()], -1);
      assert.ok(refused.outcome === 'refused' && refused.code === 'store-unavailable');
      assert.match(refused.detail, /no such disk/);
      let outcome = refused.outcome as string;
      while (outcome === 'refused') outcome = (await commits.append('a', [newEvent()], -1)).outcome;
      assert.equal(outcome, 'appended');
    });
  });

  it('writes appends of one turn together, at one time', async () => {
    await withWriters([writer], async (commits) => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, index) => commits.append(`s${index}`, [newEvent()], -1)),
      );
      const times = outcomes.map((outcome) => outcome.outcome === 'appended' && outcome.recordedAt);
      assert.equal(new Set(times).size, 1);
    });
  });

  it('starts another batch once one is full', async () => {
    await withWriters([writer], async (commits) => {
      const large = { ...newEvent(), data: Buffer.alloc(3_000_000) };
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((stream) => commits.append(stream, [{ ...large, id: stream }], -1)),
      );
      for (const outcome of outcomes) assert.equal(outcome.outcome, 'appended');
    });
  });
});
