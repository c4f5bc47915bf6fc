import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { answered, grantFor, patientOf, refusedWith, type TestService } from '../http/kit.ts';
import { approve, executed, type Officer, openOffice, requested } from './kit.ts';

describe('what a patient has recorded after a request was received', () => {
  let service: TestService;
  let clerk: Officer;
  let head: Officer;
  before(async () => {
    ({ service, clerk, head } = await openOffice());
  });
  after(() => service.remove());

  const grant = async (patient: ReturnType<typeof patientOf>) =>
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
  const preview = async (erasureId: string) =>
    answered('previewErasure', await head.get(`/erasures/${erasureId}/preview`));
  const refusal = async (erasureId: string, changes: object = {}) =>
    refusedWith('recorded-since', await approve(head, erasureId, changes)).pointer;

  it('is in the preview, and only who has read it approves: a consent, then a restriction', async () => {
    const patient = patientOf('N-1');
    await grant(patient);
    const erasureId = await requested(clerk, patient);
    assert.deepEqual((await preview(erasureId)).recordedSince, []);

    const { consentId, recordedAt } = await grant(patient);
    const read = await preview(erasureId);
    const consent = { what: 'consent', id: consentId, revision: 1, recordedAt };
    assert.deepEqual([read.recordRevision, read.recordedSince], [1, [consent]]);
    assert.equal(await refusal(erasureId), '/recordRevision');
    assert.equal(await refusal(erasureId, { recordRevision: 0 }), '/recordRevision');

    const restriction = { patient, ground: 'b', reason: 'opposes the erasure' };
    const placed = answered('placeRestriction', await service.post('/restrictions', restriction));
    assert.equal(await refusal(erasureId, { recordRevision: 1 }), '/recordRevision');
    const [, second] = (await preview(erasureId)).recordedSince;
    assert.deepEqual([second?.what, second?.id], ['restriction', placed.restrictionId]);

    refusedWith('revision-mismatch', await approve(head, erasureId, { recordRevision: 3 }));
    refusedWith('four-eyes', await approve(clerk, erasureId, { recordRevision: 2 }));
    answered('approveErasure', await approve(head, erasureId, { recordRevision: 2 }));
    assert.equal((await executed(clerk, erasureId)).approval?.recordRevision, 2);
  });

  it('counts from the receipt on, also where the request was recorded later', async () => {
    const patient = patientOf('N-2');
    await grant(patient);
    const receivedAt = new Date(Date.now() - 86_400_000).toISOString();
    const erasureId = await requested(clerk, patient, { receivedAt });
    assert.equal((await preview(erasureId)).recordedSince.length, 1);
    assert.equal(await refusal(erasureId), '/recordRevision');
    answered('approveErasure', await approve(head, erasureId, { recordRevision: 0 }));
  });

  it('asks for nothing where it is a withdrawal', async () => {
    const patient = patientOf('N-3');
    const { consentId } = await grant(patient);
    const erasureId = await requested(clerk, patient);
    answered('revokeConsent', await service.post(`/consents/${consentId}/revocations`, { patient }));
    assert.deepEqual((await preview(erasureId)).recordedSince, []);
    answered('approveErasure', await approve(head, erasureId));
  });

  it('cannot be read once the record was erased on another request: this one is rejected, never approved', async () => {
    const patient = patientOf('N-4');
    await grant(patient);
    const [first, second] = [await requested(clerk, patient), await requested(clerk, patient)];
    answered('approveErasure', await approve(head, first));
    await executed(clerk, first);
    refusedWith('erasure-decided', await head.get(`/erasures/${second}/preview`));
    refusedWith('erasure-decided', await approve(head, second, { recordRevision: 0 }));
    refusedWith('erasure-decided', await approve(head, second));
    const rejection = { ground: 'ground-not-met', reason: 'erased on an earlier request' };
    answered('rejectErasure', await head.post(`/erasures/${second}/rejections`, rejection));
  });
});
