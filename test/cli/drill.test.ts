import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { connectionTo, noEventStore, startEventStore } from '../support/eventstored.ts';
import { withFolder } from '../vault/kit.ts';
import { fillLedger } from './filled-ledger.ts';

it('a drill deletes the read models, builds them from the log and finds them as they were', () =>
  withFolder(async (folder) => {
    const ledger = await fillLedger(folder, 300);
    const models = join(ledger.config.dataFolder, 'models');
    const before = await readdir(models);
    const { ino } = await stat(join(ledger.config.dataFolder, 'log.db'));
    const { code, stdout, stderr } = await ledger.run(['drill']);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^The read models were deleted\. Rebuilt from the log: 301 patients, \d+ events\. All 3 are as they were\.$/m,
    );
    assert.notDeepEqual(await readdir(models), before);
    assert.equal((await stat(join(ledger.config.dataFolder, 'log.db'))).ino, ino, 'the log is the truth');
    assert.equal((await ledger.run(['fsck'])).code, 0);
  }));

it(
  'a drill on EventStoreDB deletes the replica too, follows it anew and finds it as it was',
  {
    skip: noEventStore,
    timeout: 120_000,
  },
  () =>
    withFolder(async (folder) => {
      const server = await startEventStore();
      try {
        const connectionStringFile = join(folder, 'store');
        await writeFile(connectionStringFile, connectionTo(server).connectionString, { mode: 0o600 });
        const settings = { store: 'eventstoredb', eventstoredb: { connectionStringFile } };
        const ledger = await fillLedger(folder, 100, settings);
        const { birthtimeMs } = await stat(join(ledger.config.dataFolder, 'log.db'));
        const { code, stdout, stderr } = await ledger.run(['drill']);
        assert.equal(code, 0, stderr);
        assert.match(
          stdout,
          /^The replica was deleted and followed anew; its \d+ events are as they were\. The read models were deleted\. .* All 3 are as they were\.$/m,
        );
        for (const title of ['Opening', 'Reading the log', 'Reading the read models'])
          assert.match(stderr, new RegExp(`^${title} 100%`, 'm'));
        assert.ok((await stat(join(ledger.config.dataFolder, 'log.db'))).birthtimeMs > birthtimeMs);
        assert.equal((await ledger.run(['fsck'])).code, 0);
      } finally {
        await server.stop();
      }
    }),
);
