import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkLog } from '../../src/store/fsck.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';

/** A longer run: node test/faults/store-kill.test.ts 1000 */
const kills = Number(process.argv[2] ?? 10);
/** A new log after so many, since each kill is followed by a check of the whole log. */
const killsPerLog = 20;
const writers = fileURLToPath(new URL('./store-writers.ts', import.meta.url));

/** Lets the writers run on the folder for a while, kills them, and answers with the lines they had acknowledged. */
const runAndKill = async (folder: string, millis: number): Promise<string[]> => {
  const child = spawn(process.execPath, [writers, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  await delay(millis);
  child.kill('SIGKILL');
  const [, signal] = await closed;
  assert.equal(signal, 'SIGKILL', 'the writers ended by themselves');
  // Only a line that was written whole is an acknowledgement.
  return output.split('\n').slice(0, -1);
};

/** Opens the store and checks the whole log; answers with its events as lines, each event id once. */
const linesAfterKill = async (folder: string): Promise<Set<string>> => {
  const store = await openSqliteStore({ folder, clock: Date.now });
  try {
    const faults = await Array.fromAsync(checkLog(store));
    assert.deepEqual(faults, []);
    const events = await Array.fromAsync(store.readAll());
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length, 'an event is doubled');
    return new Set(events.map(({ stream, revision, id }) => `${stream} ${revision} ${id}`));
  } finally {
    await store.close();
  }
};

test(`${kills} SIGKILLs under 8 writers: nothing acknowledged is lost, nothing doubled`, async () => {
  for (let done = 0; done < kills; done += killsPerLog) {
    const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-kill-'));
    const acknowledged: string[] = [];
    for (let kill = 0; kill < Math.min(killsPerLog, kills - done); kill++) {
      const lines = await runAndKill(folder, Math.random() * 150);
      assert.ok(lines.length > 0);
      acknowledged.push(...lines);
      const stored = await linesAfterKill(folder);
      for (const line of acknowledged) assert.ok(stored.has(line), `lost: ${line}`);
    }
    await rm(folder, { recursive: true });
  }
});
