import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { headUnder, leafHashOf, stands, trustedCheckpoint } from '../../src/evidence/verify.ts';
import { vaultFile } from '../../src/vault/sqlite.ts';
import { answered, grantFor, patientOf, questionOf, refusedWith, type TestService } from '../http/kit.ts';
import { approve, executed, type Officer, officer, openOffice, requested, terms } from './kit.ts';

describe('a request for erasure', () => {
  let service: TestService;
  let clerk: Officer;
  let head: Officer;
  before(async () => {
    ({ service, clerk, head } = await openOffice());
  });
  after(() => service.remove());

  const granted = async (value: string) => {
    const patient = patientOf(value);
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    return patient;
  };
  const keysHeld = (): number => {
    const vault = new Database(vaultFile(service.config.dataFolder), { readonly: true });
    const held = vault.prepare<[], number>('SELECT count(*) FROM subject').pluck().get()!;
    vault.close();
    return held;
  };
  const decisionOn = async (patient: object) => {
    const asked = await service.post('/decisions', { patient, question: questionOf() });
    const [verdict] = answered('askDecision', asked).answer.items;
    return `${verdict?.decision} ${verdict?.reason}`;
  };

  it('goes from receipt to certificate, and leaves a stranger', async () => {
    const patient = await granted('E-1');
    assert.equal(await decisionOn(patient), 'permit permitted');
    const erasureId = await requested(clerk, patient);
    const preview = answered('previewErasure', await clerk.get(`/erasures/${erasureId}/preview`));
    assert.deepEqual(preview.remains.events, { ConsentGranted: 1 });
    assert.deepEqual(
      preview.destroyed.recipients.map(({ reference, answers }) => [reference, answers]),
      [['Organization/a', 1]],
    );
    answered('approveErasure', await approve(head, erasureId));
    const done = await executed(clerk, erasureId);
    assert.equal(done.recipients.length, 1);

    assert.equal(await decisionOn(patient), 'deny unknown-patient');
    refusedWith('patient-unknown', await service.post('/patients/history', { patient }));
    const told = { recipient: 'Organization/a', how: 'by letter' };
    answered('tellRecipient', await clerk.post(`/erasures/${erasureId}/notifications`, told));
    answered('tellRecipient', await clerk.post(`/erasures/${erasureId}/notifications`, told));

    const path = `/erasures/${erasureId}/certificate`;
    const { certificate, signed } = answered('erasureCertificate', await clerk.get(path));
    assert.equal(certificate.recipientsTold, 1);
    assert.equal(certificate.remains.events, 2);
    const { checkpoint, event, head: streamHead } = certificate.proof;
    assert.equal(event.type, 'PatientErased');
    assert.equal(streamHead.found?.count, event.revision + 1, 'no event follows it');
    const { verifiers } = answered('readCheckpoint', await service.get('/evidence/checkpoint'));
    const trusted = trustedCheckpoint(
      checkpoint,
      verifiers.map((each) => parseVerifierKey(each)!),
    );
    assert.ok(trusted && stands(event, trusted));
    const found = headUnder(streamHead, trusted);
    assert.ok(found !== undefined && found !== 'absent' && found.hash.equals(leafHashOf(event)));
    const [header, payload, signature] = signed.split('.') as [string, string, string];
    const { kid, typ } = JSON.parse(Buffer.from(header, 'base64url').toString());
    assert.equal(typ, 'consent-ledger-erasure+json');
    const key = verifiers.find((each) => each.startsWith(kid))!.slice(kid.length + 1);
    const x = Buffer.from(key, 'base64').subarray(1).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const bytes = Buffer.from(`${header}.${payload}`);
    assert.ok(verify(null, bytes, publicKey, Buffer.from(signature, 'base64url')));
    assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()), certificate);

    const again = answered('grantConsent', await service.post('/consents', grantFor(patient)));
    assert.equal(again.revision, 0, 'a person who comes again is a new subject');
    assert.equal(await decisionOn(patient), 'permit permitted');
    assert.equal((await clerk.get(`/erasures/${erasureId}`)).status, 200);
  });

  it('is refused where nothing is known of the patient, and in every shape that is not the contract', async () => {
    const patient = await granted('E-2');
    refusedWith('patient-unknown', await clerk.post('/erasures', { patient: patientOf('nobody'), ...terms }));
    const wrong: object[] = [
      { ...terms, ground: 'g' },
      { ...terms, scope: 'consents' },
      { ...terms, identityCheck: '' },
      { ...terms, receivedAt: '2999-01-01' },
    ];
    const before = keysHeld();
    for (const each of wrong)
      refusedWith('invalid-request', await clerk.post('/erasures', { patient, ...each }));
    const late = { 'if-match': '"7"' };
    refusedWith('revision-mismatch', await clerk.post('/erasures', { patient, ...terms }, late));
    assert.equal(keysHeld(), before, 'what was refused left no key in the vault');
    const unknown = crypto.randomUUID();
    refusedWith('erasure-unknown', await clerk.get(`/erasures/${unknown}`));
    refusedWith('erasure-unknown', await clerk.post(`/erasures/${unknown}/extensions`, { reason: 'x' }));
  });

  it('needs the scope of each role', async () => {
    const erasureId = await requested(clerk, await granted('E-3'));
    const reader = await officer(service, { subject: 'reader', scope: 'erasures:read' });
    const writer = await officer(service, { subject: 'writer', scope: 'erasures:request erasures:read' });
    assert.equal((await reader.get(`/erasures/${erasureId}`)).status, 200);
    for (const path of ['amendments', 'extensions', 'holds', 'approvals', 'rejections', 'notifications'])
      refusedWith('scope-missing', await reader.post(`/erasures/${erasureId}/${path}`, {}));
    for (const path of ['approvals', 'rejections'])
      refusedWith('scope-missing', await writer.post(`/erasures/${erasureId}/${path}`, {}));
    const blind = await officer(service, { subject: 'blind', scope: 'erasures:request' });
    refusedWith('scope-missing', await blind.get('/erasures'));
  });

  it('is answered again, and not opened twice, where it is sent again', async () => {
    const patient = await granted('E-4');
    const keyed = { 'idempotency-key': 'e-4' };
    const send = () => clerk.post('/erasures', { patient, ...terms }, keyed);
    const [one, other] = await Promise.all([send(), send()]);
    assert.equal(answered('requestErasure', one!).erasureId, answered('requestErasure', other!).erasureId);
  });

  it('is not approved while a hold stands, nor changed once it is decided', async () => {
    const patient = await granted('E-5');
    const erasureId = await requested(clerk, patient);
    const at = `/erasures/${erasureId}`;
    const placed = await clerk.post(`${at}/holds`, { ground: 'e', reason: 'a claim is pending' });
    const { holdId } = answered('placeHold', placed);
    refusedWith('erasure-held', await approve(head, erasureId));
    refusedWith(
      'not-found',
      await clerk.post(`${at}/holds/${crypto.randomUUID()}/liftings`, { reason: 'x' }),
    );
    answered('liftHold', await clerk.post(`${at}/holds/${holdId}/liftings`, { reason: 'settled' }));
    refusedWith('not-found', await clerk.post(`${at}/holds/${holdId}/liftings`, { reason: 'again' }));
    answered('extendErasure', await clerk.post(`${at}/extensions`, { reason: 'many requests' }));
    refusedWith('erasure-extended', await clerk.post(`${at}/extensions`, { reason: 'still many' }));
    const reason = { ground: 'exempt', reason: 'it must be kept by law' };
    answered('rejectErasure', await head.post(`${at}/rejections`, reason));
    for (const [path, body] of [
      ['amendments', terms],
      ['extensions', { reason: 'x' }],
      ['holds', { ground: 'e', reason: 'x' }],
      ['rejections', reason],
    ] as const)
      refusedWith('erasure-decided', await clerk.post(`${at}/${path}`, body));
    refusedWith('erasure-decided', await approve(head, erasureId));
    refusedWith('erasure-decided', await clerk.get(`${at}/preview`));
    refusedWith('erasure-state', await clerk.get(`${at}/certificate`));
    const told = { recipient: 'Organization/a', how: 'by letter' };
    refusedWith('erasure-state', await clerk.post(`${at}/notifications`, told));
    assert.equal(await decisionOn(patient), 'permit permitted', 'a rejection destroys nothing');
  });

  it('stands in the list by its deadline, and in the metrics once that is near', async () => {
    const patient = await granted('E-6');
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const ids = {
      overdue: await requested(clerk, patient, { receivedAt: daysAgo(40) }),
      'due-soon': await requested(clerk, patient, { receivedAt: daysAgo(27) }),
      'in-time': await requested(clerk, patient),
    };
    for (const [urgency, erasureId] of Object.entries(ids)) {
      const { items } = answered(
        'listErasures',
        await clerk.get(`/erasures?status=requested&urgency=${urgency}`),
      );
      assert.ok(
        items.some((item) => item.erasureId === erasureId),
        urgency,
      );
      assert.deepEqual(
        items,
        items.toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1)),
      );
    }
    answered('extendErasure', await clerk.post(`/erasures/${ids.overdue}/extensions`, { reason: 'complex' }));
    const extended = answered('readErasure', await clerk.get(`/erasures/${ids.overdue}`));
    assert.equal(extended.urgency, 'in-time');
    const elsewhere = await officer(service, { subject: 'clerk', tenant: 'tenant-b' });
    assert.deepEqual(answered('listErasures', await elsewhere.get('/erasures')).items, []);
  });
});
