import assert from 'node:assert/strict';
import { it } from 'node:test';
import { spanOf } from '../../src/consent/time.ts';
import type { AskedExport } from '../../src/reporting/port.ts';
import { asker, question } from '../decisions/kit.ts';
import { consent, granting } from '../record/kit.ts';
import { agent, asked, type ExportKit, good, liveALife, over, patientOf, tenant } from './kit.ts';
import { recordsOf, verified, withExportKit } from './with-kit.ts';

const made = async (kit: ExportKit, changes: Partial<AskedExport>) => {
  const { view } = good(await kit.exports.ask(tenant, agent, asked([patientOf('P-1')], changes)));
  const ended = await over(kit, view.exportId);
  assert.equal(ended.status, 'finished', JSON.stringify(ended));
  await verified(kit, view.exportId);
  return recordsOf(kit, view.exportId);
};

it('opens what was recorded until the end of the period, and of answers those within it', () =>
  withExportKit(async (kit) => {
    await liveALife(kit, patientOf('P-1'));
    const all = await made(kit, {});
    const [last] = all
      .flatMap((one) => (one.record === 'event' ? [Date.parse(one.recordedAt)] : []))
      .slice(-1);
    const opened = async (period: AskedExport['period']) =>
      (await made(kit, { period })).filter((one) => 'opened' in one).map(({ record }) => record);
    assert.equal(all.filter((one) => 'opened' in one).length, 5);
    assert.deepEqual(await opened({ until: 0 }), []);
    assert.deepEqual(await opened({ from: last! + 3_600_000 }), ['event', 'event']);
    assert.deepEqual(await opened({ until: last! }), ['event', 'decision', 'decision']);
    const toTheEndOf9999 = spanOf({ end: '9999' }, 'America/New_York');
    assert.equal((await opened(toTheEndOf9999)).length, 5);
  }));

it('is of all who have a consent under a form, or of everybody of the tenant and nobody else', () =>
  withExportKit(async (kit) => {
    const { keyring, records } = kit.ledger;
    await liveALife(kit, patientOf('P-1'));
    const form = {
      formId: 'f-1',
      version: '1',
      combining: 'independent',
      textSha256: 'a'.repeat(64),
    } as const;
    const second = await keyring.admit(tenant, patientOf('P-2'));
    good(await records.execute(tenant, second, granting(consent({ form })), {}));
    const foreign = await keyring.admit('other', patientOf('P-1'));
    good(await records.execute('other', foreign, granting(consent({ form })), {}));
    const subjects = (all: Awaited<ReturnType<typeof made>>) =>
      all.flatMap((one) => (one.record === 'patient' ? [one.subject] : [])).sort();
    const everybody = subjects(await made(kit, { cohort: { by: 'all' } }));
    assert.equal(everybody.length, 2);
    assert.ok(everybody.includes(second.subject) && !everybody.includes(foreign.subject));
    assert.deepEqual(subjects(await made(kit, { cohort: { by: 'form', formId: 'f-1' } })), [second.subject]);
    assert.deepEqual(subjects(await made(kit, { cohort: { by: 'form', formId: 'f-2' } })), []);
  }));

it('proves that the log has only grown since the reports before it', () =>
  withExportKit(async (kit) => {
    await liveALife(kit, patientOf('P-1'));
    const { note } = good(await kit.evidence.checkpoint());
    const first = await made(kit, {});
    assert.equal(first.filter(({ record }) => record === 'consistency').length, 0);
    await liveALife(kit, patientOf('P-2'));
    const { view } = good(await kit.exports.ask(tenant, agent, asked([patientOf('P-2')])));
    await over(kit, view.exportId);
    const verdict = await verified(kit, view.exportId, note);
    assert.ok(verdict.grownFrom !== undefined && verdict.grownFrom < verdict.checkpoint!.size);
  }));

it('holds all of a patient of very many events and answers', () =>
  withExportKit(async (kit) => {
    const { keyring, records } = kit.ledger;
    const key = await keyring.admit(tenant, patientOf('P-1'));
    for (let n = 0; n < 300; n += 1) good(await records.execute(tenant, key, granting(), {}));
    const questions = Array.from({ length: 450 }, () => question);
    good(await kit.decisions.ask(asker, tenant, patientOf('P-1'), questions));
    good(await kit.decisions.ask(asker, tenant, patientOf('P-1'), questions));
    const all = await made(kit, {});
    assert.equal(all.filter(({ record }) => record === 'event').length, 300);
    assert.equal(all.filter(({ record }) => record === 'decision').length, 900);
  }));
