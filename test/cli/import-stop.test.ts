import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ImportReport } from '../../src/cli/import/report.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { r5 } from '../fhir/kit.ts';
import { openLedgerFolder } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';

const consents = 2000;
const patients = 200;

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  it(
    `S8.5 an import that ${signal} ended is carried out by the same import again, and nothing is doubled`,
    { timeout: 120_000 },
    () =>
      withFolder(async (folder) => {
        const ledger = await openLedgerFolder(folder);
        const input = join(folder, 'consents.ndjson');
        const resources = Array.from({ length: consents }, (_, n) =>
          r5('deny', undefined, { id: `c${n}`, subject: { reference: `Patient/p${n % patients}` } }),
        );
        await writeFile(input, resources.map((resource) => JSON.stringify(resource)).join('\n'));
        const reportFile = join(folder, 'report.json');
        const importing = ['import', input, '--report', reportFile];
        const countsOf = async () => (JSON.parse(await readFile(reportFile, 'utf8')) as ImportReport).counts;

        const ended = await ledger.run(importing, (stderr, child) => {
          if (/Importing [1-9]0%/.test(stderr)) child.kill(signal);
        });
        if (signal === 'SIGKILL') assert.equal(ended.killedBy, 'SIGKILL');
        else {
          assert.equal(ended.code, 130, ended.stderr);
          assert.match(ended.stdout, /Stopped before the end/);
        }

        const rest = await ledger.run(importing);
        assert.equal(rest.code, 0, rest.stderr);
        const { granted, unchanged } = await countsOf();
        assert.ok(granted > 0 && unchanged > 0, `${granted} granted, ${unchanged} unchanged`);
        assert.equal(granted + unchanged, consents);
        const store = await openSqliteStore({ folder: ledger.config.dataFolder, clock: Date.now });
        const grants = store.slice(0, 2 * consents).filter(({ type }) => type === 'ConsentGranted');
        await store.close();
        assert.equal(grants.length, consents);
      }),
  );
}
