import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { withFolder } from '../vault/kit.ts';
import { fillLedger } from './filled-ledger.ts';

it('a drill deletes the read models, builds them from the log and finds them as they were', () =>
  withFolder(async (folder) => {
    const ledger = await fillLedger(folder, 300);
    const models = join(ledger.config.dataFolder, 'models');
    const before = await readdir(models);
    const { code, stdout, stderr } = await ledger.run(['drill']);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^The read models were deleted\. Rebuilt from the log: 301 patients, \d+ events\. All 3 are as they were\.$/m,
    );
    assert.notDeepEqual(await readdir(models), before);
    assert.equal((await ledger.run(['fsck'])).code, 0);
  }));
