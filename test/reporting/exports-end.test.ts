import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, mock } from 'node:test';
import { closeStream } from '../../src/record/erased.ts';
import { VaultUnavailable } from '../../src/vault/port.ts';
import {
  agent,
  asked,
  type ExportKit,
  good,
  liveALife,
  openExportKit,
  over,
  patientOf,
  tenant,
} from './kit.ts';
import { recordsOf, verified, withExportKit, withFolder } from './with-kit.ts';

const dayMs = 86_400_000;
const erasureId = '00000000-0000-4000-8000-0000000000e1';

const finished = async (kit: ExportKit, ...names: string[]) => {
  const { view } = good(await kit.exports.ask(tenant, agent, asked(names.map(patientOf))));
  const ended = await over(kit, view.exportId);
  assert.equal(ended.status, 'finished', JSON.stringify(ended));
  return ended;
};

const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }) =>
  result.ok ? 'ok' : result.error?.code;

/** The files of exports that are there, without the index. */
const filesOf = async (kit: ExportKit) => {
  const names = await readdir(join(kit.ledger.config.dataFolder, 'exports'));
  return names.filter((name) => !name.startsWith('exports.db'));
};

const eventually = async (isSo: () => Promise<boolean>) => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('an export that is over', () => {
  it('is destroyed with the patient in it, wherever the erasure was done', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      await liveALife(kit, patientOf('P-2'));
      const both = await finished(kit, 'P-1', 'P-2');
      const other = await finished(kit, 'P-2');
      const { store } = kit.ledger;
      good(await closeStream({ store, log: store }, tenant, subject, erasureId));
      assert.equal(codeOf(await kit.exports.document(tenant, both.exportId)), 'export-gone');
      assert.equal(codeOf(await kit.exports.document(tenant, other.exportId)), 'ok');
      const view = good(await kit.exports.get(tenant, both.exportId));
      assert.deepEqual([view.status, view.about], ['removed', undefined]);
      await eventually(async () => !(await filesOf(kit)).some((name) => name.startsWith(both.exportId)));
      assert.deepEqual(kit.troubles, []);
    }));

  it('is removed by the subject alone, as an erasure asks', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      const made = await finished(kit, 'P-1', 'P-unknown');
      assert.equal(await kit.exports.removeExportsOf('00000000-0000-4000-8000-000000000000'), 0);
      assert.equal(await kit.exports.removeExportsOf(subject), 1);
      assert.equal(await kit.exports.removeExportsOf(subject), 1, 'it says how many there were');
      assert.equal(codeOf(await kit.exports.package(tenant, made.exportId)), 'export-gone');
      assert.deepEqual(await filesOf(kit), []);
    }));

  it('is removed for good before an erasure goes on, though the vault was away at first', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      await finished(kit, 'P-1');
      await finished(kit, 'P-1');
      const { vault } = kit.ledger;
      const away = () => Promise.reject(new VaultUnavailable('away'));
      mock.method(vault, 'destroy').mock.mockImplementationOnce(away, 1);
      await assert.rejects(kit.exports.removeExportsOf(subject), VaultUnavailable);
      assert.equal((await filesOf(kit)).length, 1);
      assert.equal(await kit.exports.removeExportsOf(subject), 2, 'each counts, whenever it was destroyed');
      assert.deepEqual(await filesOf(kit), []);
    }));

  it('is destroyed when its time is over, and its key with it', () =>
    withFolder(async (folder) => {
      let now = Date.now();
      const clock = () => now;
      const first = await openExportKit(folder, true, clock);
      await liveALife(first, patientOf('P-1'));
      const made = await finished(first, 'P-1');
      await first.close();
      now += 31 * dayMs;
      const second = await openExportKit(folder, false, clock);
      assert.equal(good(await second.exports.get(tenant, made.exportId)).status, 'expired');
      assert.equal(codeOf(await second.exports.document(tenant, made.exportId)), 'export-gone');
      assert.deepEqual(await filesOf(second), []);
      await second.close();
    }));

  it('shows those who were erased before as such, and the register of erasures holds them alone', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      await liveALife(kit, patientOf('P-2'));
      const { store, vault } = kit.ledger;
      good(await closeStream({ store, log: store }, tenant, subject, erasureId));
      await vault.destroy(subject);
      for (const [kind, statuses] of [
        ['history', ['erased', 'known']],
        ['erasures', ['erased']],
      ] as const) {
        const { view } = good(
          await kit.exports.ask(tenant, agent, asked([], { kind, cohort: { by: 'all' } })),
        );
        assert.equal((await over(kit, view.exportId)).status, 'finished');
        const records = await recordsOf(kit, view.exportId);
        const patients = records.filter(({ record }) => record === 'patient');
        assert.deepEqual(patients.map((one) => 'status' in one && one.status).sort(), [...statuses].sort());
        await verified(kit, view.exportId);
      }
    }));

  it('never shows by which identifier an erased patient was known, also before the vault forgets it', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      const { store, vault } = kit.ledger;
      good(await closeStream({ store, log: store }, tenant, subject, erasureId));
      const ask = async () =>
        over(kit, good(await kit.exports.ask(tenant, agent, asked([patientOf('P-1')]))).view.exportId);
      const { status, failure } = await ask();
      assert.deepEqual([status, failure], ['failed', 'patient-erased']);
      await vault.destroy(subject);
      const { exportId } = await ask();
      const [patient] = (await recordsOf(kit, exportId)).filter(({ record }) => record === 'patient');
      assert.deepEqual(
        [patient && 'status' in patient && patient.status, 'subject' in patient!],
        ['unknown', false],
      );
    }));

  it('leaves nothing of a person in clear on the disk, while it is made and after', () =>
    withExportKit(async (kit) => {
      await liveALife(kit, patientOf('Canary-patient'));
      const agentOf = { issuer: 'https://issuer.example', subject: 'Canary-agent' };
      const identifiers = ['Canary-patient', 'Canary-nobody'].map(patientOf);
      const request = asked(identifiers, { reason: 'Canary-reason' });
      const { view } = good(await kit.exports.ask(tenant, agentOf, request));
      await over(kit, view.exportId);
      const folder = join(kit.ledger.config.dataFolder, 'exports');
      const names = await readdir(folder);
      assert.ok(names.includes(`${view.exportId}.db`));
      for (const name of names) {
        const bytes = await readFile(join(folder, name));
        for (const secret of ['Canary', 'Organization/f001', '%PDF', 'urn:oid:1.2.3'])
          assert.ok(!bytes.includes(secret), `${secret} stands in ${name}`);
        assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
      }
    }));

  it('that lost its file is gone, and in the way of nothing', () =>
    withExportKit(async (kit) => {
      const subject = await liveALife(kit, patientOf('P-1'));
      const made = await finished(kit, 'P-1');
      await rm(join(kit.ledger.config.dataFolder, 'exports', `${made.exportId}.db`));
      assert.equal(codeOf(await kit.exports.document(tenant, made.exportId)), 'export-gone');
      assert.equal(await kit.exports.removeExportsOf(subject), 0);
      assert.deepEqual(await filesOf(kit), []);
    }));
});
