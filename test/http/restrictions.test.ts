import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answered, grantFor, openTestService, patientOf, questionOf, refusedWith } from './kit.ts';

it('a restriction denies every answer until it is lifted, and both are replayed, shown and accounted for', async () => {
  const service = await openTestService();
  try {
    const patient = patientOf('R-1');
    const ask = async () => {
      const asked = answered(
        'askDecision',
        await service.post('/decisions', { patient, question: questionOf() }),
      );
      const replay = await service.post(`/decisions/${asked.decisionId}/replay`, { patient });
      assert.equal(answered('replayDecision', replay).same, true);
      return `${asked.answer.items[0]?.decision}: ${asked.answer.items[0]?.reason}`;
    };
    const place = { patient, ground: 'a', reason: 'accuracy is contested' };
    refusedWith('patient-unknown', await service.post('/restrictions', place));
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    assert.equal(await ask(), 'permit: permitted');
    const { restrictionId } = answered('placeRestriction', await service.post('/restrictions', place));
    assert.equal(await ask(), 'deny: restricted');
    const lifting = { patient, reason: 'it was verified' };
    const path = `/restrictions/${restrictionId}/liftings`;
    refusedWith('invalid-request', await service.post('/restrictions', { ...place, ground: 'e' }));
    answered('liftRestriction', await service.post(path, lifting));
    refusedWith('not-found', await service.post(path, lifting));
    assert.equal(await ask(), 'permit: permitted');
    const { events } = answered('patientHistory', await service.post('/patients/history', { patient }));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['ConsentGranted', 'RestrictionPlaced', 'RestrictionLifted'],
    );
    const { items } = answered(
      'patientDisclosures',
      await service.post('/patients/disclosures', { patient }),
    );
    assert.equal(items[1]?.answer.items[0]?.reason, 'restricted');
  } finally {
    await service.remove();
  }
});
