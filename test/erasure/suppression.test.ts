import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openLedgerDecisions } from '../../src/app.ts';
import { answered, openTestService, patientOf, purpose, questionOf, refusedWith } from '../http/kit.ts';
import { agent, good } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { approve, executed, officer, requested } from './kit.ts';
import { approvedErasure, newKeys, openErasing, tenant } from './saga-kit.ts';

const purposes = [{ purpose: purpose('TREAT'), decision: 'permit' }];
const settings = { implicitPolicy: { unknownPatients: true, purposes } };

it('a refusal that the implicit policy would turn is named before approval, and kept or let go as approved', async () => {
  const service = await openTestService({ settings });
  try {
    const [clerk, head] = [
      await officer(service, { subject: 'clerk' }),
      await officer(service, { subject: 'head' }),
    ];
    const ask = async (patient: object) => {
      const asked = await service.post('/decisions', { patient, question: questionOf() });
      const { answer, decisionId } = answered('askDecision', asked);
      return { decisionId, verdict: `${answer.items[0]?.decision} ${answer.items[0]?.reason}` };
    };
    const refusing = async (value: string) => {
      const patient = patientOf(value);
      const refusal = { patient, signedAt: '2026-01-01', rules: [{ type: 'deny' }] };
      answered('grantConsent', await service.post('/consents', refusal));
      assert.equal((await ask(patient)).verdict, 'deny refused');
      return { patient, erasureId: await requested(clerk, patient) };
    };
    assert.equal((await ask(patientOf('stranger'))).verdict, 'permit implicit-policy');

    const kept = await refusing('S-1');
    const preview = answered('previewErasure', await clerk.get(`/erasures/${kept.erasureId}/preview`));
    assert.deepEqual(preview.turnedToPermit, [purpose('TREAT')]);
    refusedWith('suppression-undecided', await approve(head, kept.erasureId));
    const suppression = { ground: 'b', reason: 'a refusal must stand' };
    answered('approveErasure', await approve(head, kept.erasureId, { suppression }));
    await executed(clerk, kept.erasureId);
    const denied = await ask(kept.patient);
    assert.equal(denied.verdict, 'deny unknown-patient');
    const replay = await service.post(`/decisions/${denied.decisionId}/replay`, { patient: kept.patient });
    assert.equal(answered('replayDecision', replay).same, true);
    const { certificate } = answered(
      'erasureCertificate',
      await clerk.get(`/erasures/${kept.erasureId}/certificate`),
    );
    assert.equal(certificate.suppressed, '17(3)(b)');

    const forgotten = await refusing('S-2');
    answered('approveErasure', await approve(head, forgotten.erasureId, { forgetRefusals: true }));
    await executed(clerk, forgotten.erasureId);
    assert.equal((await ask(forgotten.patient)).verdict, 'permit implicit-policy');

    const consenting = patientOf('S-3');
    const consent = { patient: consenting, signedAt: '2026-01-01', rules: [{ type: 'permit' }] };
    answered('grantConsent', await service.post('/consents', consent));
    answered('approveErasure', await approve(head, await requested(clerk, consenting)));
  } finally {
    await service.remove();
  }
});

it('from the closing of the record on, at every step, the implicit policy permits nothing that is suppressed', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder, { settings });
    try {
      const suppression = { ground: 'b', reason: 'a refusal must stand' } as const;
      const { patient, erasureId } = await approvedErasure(erasing, 'S-4', suppression);
      const decisions = good(await openLedgerDecisions(erasing.ledger));
      const told: string[] = [];
      const work = erasing.work(undefined, async (id, step) => {
        assert.equal(id, erasureId);
        const [asked] = good(await decisions.ask(agent, tenant, patient, [questionOf() as never]));
        told.push(`${step}: ${asked?.answer.items[0]?.reason}`);
      });
      assert.equal((await work.pass()).executed, 1);
      assert.deepEqual(
        told,
        [
          ['list', 'suppress', 'close'].map((step) => `${step}: permitted`),
          ['hear', 'begin', 'destroy', 'exports', 'models', 'finish', 'done'].map(
            (step) => `${step}: unknown-patient`,
          ),
        ].flat(),
      );
    } finally {
      await erasing.close();
    }
  }));
