import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { fail } from '../../schemas/result.ts';
import { ExportIndex } from '../../src/reporting/export-index.ts';
import { LedgerExports } from '../../src/reporting/exports.ts';
import { Queue, type QueueParts } from '../../src/reporting/queue.ts';
import { ReportLog } from '../../src/reporting/report-log.ts';
import { Shelf } from '../../src/reporting/shelf.ts';
import { ensurePrivateFolder } from '../../src/store/folder.ts';
import { agent, asked, type ExportKit, good, patientOf, tenant } from './kit.ts';
import { withExportKit } from './with-kit.ts';

const retryMs = 20;

/** Exports whose work is what it is said to be here; all else is real. */
const exportsThat = (kit: ExportKit, work: QueueParts['work']) => {
  const { config, store, vault, keyring, clock, uuid } = kit.ledger;
  const folder = join(config.dataFolder, 'exports-of-a-test');
  ensurePrivateFolder(folder);
  const index = new ExportIndex(join(folder, 'exports.db'));
  const shelf = new Shelf({ folder, index, vault, keyring });
  const troubles: string[] = [];
  const queue = new Queue({
    ...{ index, shelf, keyring, clock, log: store, work },
    reports: new ReportLog({ store, log: store, keyring, definitions: eventDefinitions }),
    ...{ retentionMs: 1_000, retryMs, atOnce: 1, onFailure: (code: string) => troubles.push(code) },
  });
  const exports = new LedgerExports({
    index,
    shelf,
    queue,
    keyring,
    log: store,
    maxStalenessMs: 0,
    clock,
    uuid,
    onTrouble: () => {},
  });
  return {
    exports,
    troubles,
    files: async () => (await readdir(folder)).filter((name) => !name.startsWith('exports.db')),
  };
};

const over = async (exports: LedgerExports, exportId: string) => {
  let status: string | undefined;
  for await (const view of exports.watch(tenant, exportId)) status = view.status;
  return status;
};

it('goes on with an export that met an outage, and ends one that cannot be made', () =>
  withExportKit(async (kit) => {
    const outcomes = [
      fail('vault-unavailable', ''),
      fail('store-unavailable', ''),
      fail('record-unreadable', ''),
    ];
    const { exports, troubles, files } = exportsThat(kit, async () => outcomes.shift());
    const { view } = good(await exports.ask(tenant, agent, asked([patientOf('P-1')])));
    assert.equal(await over(exports, view.exportId), 'failed');
    assert.deepEqual(troubles, ['vault-unavailable', 'store-unavailable', 'record-unreadable']);
    assert.equal(good(await exports.get(tenant, view.exportId)).failure, 'record-unreadable');
    assert.deepEqual(await files(), []);
    await exports.close();
  }));

it('takes up nothing that is being cancelled, and what waits behind it once it is gone', () =>
  withExportKit(async (kit) => {
    const taken: string[] = [];
    const { exports, files } = exportsThat(kit, ({ about }, signal) => {
      taken.push(about.exportId);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    });
    const ask = async () => good(await exports.ask(tenant, agent, asked([patientOf('P-1')]))).view.exportId;
    const [first, second] = [await ask(), await ask()];
    assert.equal(good(await exports.cancel(tenant, first)).status, 'cancelled');
    assert.deepEqual(
      (await files()).filter((name) => name.startsWith(first)),
      [],
    );
    await exports.cancel(tenant, second);
    assert.deepEqual(taken, [first, second]);
    assert.deepEqual(await files(), []);
    await exports.close();
  }));

it('tries nothing again once it is closed', () =>
  withExportKit(async (kit) => {
    const { exports, troubles } = exportsThat(kit, async (_, signal) => {
      if (!signal.aborted) await once(signal, 'abort');
      return fail('vault-unavailable', '');
    });
    good(await exports.ask(tenant, agent, asked([patientOf('P-1')])));
    await exports.close();
    assert.deepEqual(troubles, ['vault-unavailable']);
    // What is thrown by a timer fails the test.
    await sleep(3 * retryMs);
  }));
