import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { patientOf, withDecisions } from '../decisions/kit.ts';
import { good, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';

/** Kills a process that answers; gives the ids of the answers that it gave. */
const killedWhileAsking = async (folder: string, afterMs: number): Promise<string[]> => {
  const script = fileURLToPath(new URL('./decisions-asker.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  while (!output.includes('\n')) await sleep(5);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await exited;
  return output.split('\n').slice(0, -1);
};

test('killed in full flight: every answer that was given is in the accounting, once, and replays', () =>
  withFolder(async (folder) => {
    const given: string[] = [];
    for (const afterMs of [1, 30, 90]) given.push(...(await killedWhileAsking(folder, afterMs)));
    await withDecisions(folder, async (kit) => {
      const page = good(await kit.decisions.disclosures(tenant, patientOf('A'), {}, { limit: 100_000 }));
      const counted = page.items.map(({ decisionId }) => decisionId);
      assert.equal(new Set(counted).size, counted.length);
      const inLog = new Set(counted);
      assert.deepEqual(
        given.filter((id) => !inLog.has(id)),
        [],
      );
      const last = good(await kit.decisions.replay(tenant, patientOf('A'), given.at(-1)!));
      assert.ok(last.same);
    });
  }));
