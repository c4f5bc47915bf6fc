import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ImportReport } from '../../src/cli/import/report.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { r5 } from '../fhir/kit.ts';
import { withFolder } from '../vault/kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const consents = 2000;
const patients = 200;

/** The command line, in a process of its own; `signal` is sent when it has read some of its input. */
const ledger = async (args: string[], signal?: NodeJS.Signals) => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    if (signal !== undefined && /Importing [1-9]0%/.test(stderr)) child.kill(signal);
  });
  const [code, killedBy] = await once(child, 'close');
  return { code, killedBy, stdout, stderr };
};

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  it(
    `S8.5 an import that ${signal} ended is carried out by the same import again, and nothing is doubled`,
    { timeout: 120_000 },
    () =>
      withFolder(async (folder) => {
        const config = join(folder, 'config.json');
        await writeFile(config, JSON.stringify({ dataFolder: join(folder, 'data') }));
        const input = join(folder, 'consents.ndjson');
        const resources = Array.from({ length: consents }, (_, n) =>
          r5('deny', undefined, { id: `c${n}`, subject: { reference: `Patient/p${n % patients}` } }),
        );
        await writeFile(input, resources.map((resource) => JSON.stringify(resource)).join('\n'));
        const reportFile = join(folder, 'report.json');
        const importing = ['--config', config, 'import', input, '--report', reportFile];
        const countsOf = async () => (JSON.parse(await readFile(reportFile, 'utf8')) as ImportReport).counts;

        const keys = await ledger(['--config', config, 'keys', 'init']);
        assert.equal(keys.code, 0, keys.stderr);
        const ended = await ledger(importing, signal);
        if (signal === 'SIGKILL') assert.equal(ended.killedBy, 'SIGKILL');
        else {
          assert.equal(ended.code, 130, ended.stderr);
          assert.match(ended.stdout, /Stopped before the end/);
        }

        const rest = await ledger(importing);
        assert.equal(rest.code, 0, rest.stderr);
        const { granted, unchanged } = await countsOf();
        assert.ok(granted > 0 && unchanged > 0, `${granted} granted, ${unchanged} unchanged`);
        assert.equal(granted + unchanged, consents);
        const store = await openSqliteStore({ folder: join(folder, 'data'), clock: Date.now });
        const grants = store.slice(0, 2 * consents).filter(({ type }) => type === 'ConsentGranted');
        await store.close();
        assert.equal(grants.length, consents);
      }),
  );
}
