import assert from 'node:assert/strict';
import { it } from 'node:test';
import { exportRecord } from '../../schemas/export/package.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import type { AskedCohort } from '../../src/reporting/port.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { agent, good } from '../record/kit.ts';
import { textOf } from '../reporting/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { approvedErasure, type ErasingLedger, newKeys, openErasing, tenant } from './saga-kit.ts';

const dayMs = 86_400_000;
const forgotAfterDays = 1000;

/** Makes an export of kind `erasures`; gives how it ended, and what its records say where it was made. */
const reported = async ({ exports, evidence }: ErasingLedger, cohort: AskedCohort) => {
  const { view } = good(
    await exports.ask(tenant, agent, { kind: 'erasures', language: 'en', cohort, reason: 'Order 7' }),
  );
  let failure: string | undefined;
  for await (const now of exports.watch(tenant, view.exportId)) failure = now.failure;
  if (failure !== undefined) return { failure };
  const text = await textOf(good(await exports.package(tenant, view.exportId)).chunks);
  const trusted = evidence.verifiers.map((key) => parseVerifierKey(key)!);
  const bytes = async function* () {
    yield Buffer.from(text, 'utf8');
  };
  const verdict = await verifyPackage(bytes(), { trusted });
  const lines = text.split('\n').slice(0, -1);
  return { verdict, records: lines.map((line) => exportRecord.parse(JSON.parse(line))) };
};

it('an erasure under way and one whose request was forgotten stand in the register with proof and without statement', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    try {
      const forgotten = await approvedErasure(erasing, 'forgotten');
      const clock = () => Date.now() + forgotAfterDays * dayMs;
      await erasing.work().pass();
      const { erasures } = erasing.ledger;
      const later = erasing.work(undefined, undefined, { erasures, clock, retentionDays: forgotAfterDays });
      assert.equal((await later.pass()).forgotten, 1);
      const done = await approvedErasure(erasing, 'done');
      await erasing.work().pass();
      const underWay = await approvedErasure(erasing, 'under way');
      const stopped = erasing.carryOut(
        underWay.erasureId,
        (_name, port) => port,
        (step) => {
          if (step === 'hear') throw new Error('it broke');
        },
      );
      await assert.rejects(stopped, /it broke/);

      const { records, verdict } = await reported(erasing, { by: 'all' });
      assert.ok(verdict?.valid, verdict?.fault?.detail);
      assert.deepEqual(verdict.checked.patients, { known: 0, unknown: 0, erased: 3 });
      assert.equal(verdict.checked.erasures, 1);
      const shown = records!.flatMap((one, at) => {
        if (one.record !== 'event' || one.type !== 'PatientErased') return [];
        return [[one.opened?.payload.erasureId, records![at + 1]?.record === 'erasure']];
      });
      const expected = [
        [forgotten.erasureId, false],
        [done.erasureId, true],
        [underWay.erasureId, false],
      ];
      assert.deepEqual(new Map(shown as [string, boolean][]), new Map(expected as [string, boolean][]));

      for (const { erasureId } of [forgotten, underWay])
        assert.equal((await reported(erasing, { by: 'erasure', erasureId })).failure, 'erasure-state');
    } finally {
      await erasing.close();
    }
  }));
