import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { it } from 'node:test';
import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { commitEntry, sealEntry } from '../../src/decisions/entry.ts';
import { differing, digestModels, digestRebuilt } from '../../src/projections/compare.ts';
import { decisionStream } from '../../src/record/streams.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import { logFile } from '../../src/store/sqlite.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { good, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { type LedgerKit, serviceThread, withLedger } from './kit.ts';

const nodeId = randomUUID();
const stream = decisionStream(nodeId);

/** An answer about somebody, as the log of a node has it; what it says is of no matter here. */
const disclose = async ({ store }: LedgerKit, key: SubjectKey): Promise<void> => {
  const revision = store.streamSlice(stream, 0).length - 1;
  const entry = commitEntry({ decisionId: randomUUID() } as never);
  const entries = [sealEntry(entry, key, { tenant, stream, revision: revision + 1 })];
  const metadata = { schemaVersion: decisionsRecorded.versions.length, tenant, commitment: '' };
  const data = Buffer.from(JSON.stringify({ entries }));
  await store.append(stream, [{ id: randomUUID(), type: 'DecisionsRecorded', metadata, data }], revision);
};

const erase = async ({ records }: LedgerKit, { subject }: SubjectKey) => {
  good(await records.close(tenant, subject, randomUUID()));
};

const rowsOf = async ({ projections }: LedgerKit, { subject }: SubjectKey) => {
  assert.ok(await projections.caughtUp(20_000));
  const found = projections.searchConsents(tenant, { limit: 500 });
  return {
    row: projections.rows.get(subject) !== undefined,
    consents: good(found).items.filter((item) => item.subject === subject).length,
    disclosures: projections.disclosures(subject, {}, undefined, 10).length,
  };
};
const none = { row: false, consents: 0, disclosures: 0 };

const grantMany = async (kit: LedgerKit, value: string): Promise<SubjectKey> => {
  let key: SubjectKey | undefined;
  for (let n = 0; n < 6; n += 1) key = await kit.grant(value);
  return key!;
};

for (const keyIs of ['still there', 'destroyed'] as const)
  it(`the rows of who was erased go from every model, the key ${keyIs}, and a rebuild gives the same`, () =>
    withFolder((folder) =>
      withLedger(folder, async (kit) => {
        const key = await grantMany(kit, 'P-1');
        const other = await grantMany(kit, 'P-2');
        await disclose(kit, key);
        await disclose(kit, other);
        assert.deepEqual(await rowsOf(kit, key), { row: true, consents: 6, disclosures: 1 });
        await erase(kit, key);
        if (keyIs === 'destroyed') await kit.vault.destroy(key.subject);
        await disclose(kit, key); // An answer that was on its way to the log.
        assert.deepEqual(await rowsOf(kit, key), none);
        assert.deepEqual(await rowsOf(kit, other), { row: true, consents: 6, disclosures: 1 });

        const { vault, keyring } = kit;
        const log = new LogReader(logFile(folder));
        const places = {
          logFile: logFile(folder),
          vault: { kind: 'sqlite', file: join(folder, 'vault', 'vault.db') },
          keysFolder: join(folder, 'keys'),
        };
        const parts = { log, keyring, definitions: eventDefinitions };
        const served = await digestModels(kit.projections.folder(), parts, () => {});
        const thread = { entry: serviceThread, places };
        const rebuilt = good(await digestRebuilt(join(folder, 'check'), thread, parts, () => {}));
        assert.deepEqual(differing(served, rebuilt), []);
        assert.equal(served.length, 3);
        log.close();

        good(await kit.projections.rebuild());
        assert.deepEqual(await rowsOf(kit, key), none);
        assert.ok(await vault.get(other.subject));
      }),
    ));
