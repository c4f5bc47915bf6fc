import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { vaultFile } from '../../src/vault/sqlite.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from './kit.ts';

let service: TestService;
before(async () => {
  service = await openTestService({ limits: { positionWaitMs: 50 } });
});
after(() => service.remove());

const historyOf = async (patient: object) =>
  answered('patientHistory', await service.post('/patients/history', { patient })).events;

describe('Idempotency-Key', () => {
  it('makes a repeated write answer what the first one wrote, and write nothing', async () => {
    const patient = patientOf('idem-1');
    const headers = { 'idempotency-key': 'k-1' };
    const first = await service.post('/consents', grantFor(patient), headers);
    const again = await service.post('/consents', grantFor(patient), headers);
    assert.equal(first.headers.get('idempotency-replayed'), null);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    assert.equal(again.status, first.status);
    assert.equal(again.text, first.text);
    assert.equal(again.headers.get('etag'), first.headers.get('etag'));
    assert.equal((await historyOf(patient)).length, 1);
  });

  it('does so for every kind of write, also after later ones', async () => {
    const patient = patientOf('idem-2');
    const { consentId } = answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const { patient: _, ...grant } = grantFor(patient);
    const until = new Date(Date.now() + 60_000).toISOString();
    const writes: [string, object][] = [
      [`/consents/${consentId}/revocations`, { patient, reason: 'r' }],
      [`/consents/${consentId}/corrections`, { patient, reason: 'c', grant }],
      ['/emergencies', { patient, recipient: 'Organization/a', until, reason: 'e' }],
      ['/consents', grantFor(patient)],
      [
        '/forms',
        {
          formId: 'i',
          version: '1',
          combining: 'overlay',
          title: 'I',
          language: 'en',
          textSha256: 'd'.repeat(64),
        },
      ],
    ];
    const firsts = [];
    for (const [at, [path, body]] of writes.entries()) {
      firsts.push(await service.post(path, body, { 'idempotency-key': `w-${at}` }));
    }
    const before = await historyOf(patient);
    for (const [at, [path, body]] of writes.entries()) {
      const again = await service.post(path, body, { 'idempotency-key': `w-${at}` });
      assert.equal(firsts[at]!.status, 201, firsts[at]!.text);
      assert.equal(again.text, firsts[at]!.text);
      assert.equal(again.headers.get('idempotency-replayed'), 'true');
    }
    assert.deepEqual(await historyOf(patient), before);
  });

  it('with another body, or another operation, is refused', async () => {
    const patient = patientOf('idem-3');
    const headers = { 'idempotency-key': 'k-3' };
    const { consentId } = answered(
      'grantConsent',
      await service.post('/consents', grantFor(patient), headers),
    );
    const other = grantFor(patient, { signedAt: '2026-01-02' });
    refusedWith('idempotency-key-reused', await service.post('/consents', other, headers));
    refusedWith(
      'idempotency-key-reused',
      await service.post(`/consents/${consentId}/revocations`, { patient }, headers),
    );
    assert.equal((await historyOf(patient)).length, 1);
  });

  it('with the same body to another operation, or about another consent, is refused', async () => {
    const patient = patientOf('idem-8');
    const grant = async () =>
      answered('grantConsent', await service.post('/consents', grantFor(patient))).consentId;
    const [one, two] = [await grant(), await grant()];
    const body = { patient, reason: 'the same' };
    const headers = { 'idempotency-key': 'k-8' };
    answered('revokeConsent', await service.post(`/consents/${one}/revocations`, body, headers));
    for (const path of [`/consents/${one}/invalidations`, `/consents/${two}/revocations`]) {
      refusedWith('idempotency-key-reused', await service.post(path, body, headers));
    }
    assert.equal((await historyOf(patient)).length, 3);
  });

  it('is of the one who sends it', async () => {
    const patient = patientOf('idem-4');
    const headers = { 'idempotency-key': 'k-4' };
    const as = async (subject: string) =>
      service.send('POST', '/consents', {
        body: grantFor(patient),
        headers,
        token: await service.token({ subject }),
      });
    const ids = [await as('one'), await as('two')].map(
      (received) => answered('grantConsent', received).consentId,
    );
    assert.equal(new Set(ids).size, 2);
  });

  it('holds when the same request comes many times at once', async () => {
    const patient = patientOf('idem-5');
    const send = () => service.post('/consents', grantFor(patient), { 'idempotency-key': 'k-5' });
    const received = await Promise.all(Array.from({ length: 10 }, send));
    assert.equal(new Set(received.map(({ text }) => text)).size, 1, received[0]!.text);
    assert.equal((await historyOf(patient)).length, 1);
  });

  it('that is malformed is refused, not ignored', async () => {
    const patient = patientOf('idem-6');
    for (const key of ['with space', 'x'.repeat(201)]) {
      const refused = refusedWith(
        'invalid-request',
        await service.post('/consents', grantFor(patient), { 'idempotency-key': key }),
      );
      assert.equal(refused.errors![0]!.pointer, 'Idempotency-Key');
    }
  });

  it('survives a restart', async () => {
    const first = await openTestService();
    const patient = patientOf('idem-7');
    const headers = { 'idempotency-key': 'k-7' };
    const before = await first.post('/consents', grantFor(patient), headers);
    await first.stop();
    const second = await openTestService({}, first.folder);
    const again = await second.post('/consents', grantFor(patient), headers);
    assert.equal(again.text, before.text);
    await second.remove();
  });
});

describe('ETag and If-Match', () => {
  it('let a write through only on the revision that its sender has seen', async () => {
    const patient = patientOf('etag-1');
    const first = await service.post('/consents', grantFor(patient));
    assert.equal(first.headers.get('etag'), '"0"');
    const read = await service.post('/patients/consents', { patient });
    assert.equal(read.headers.get('etag'), '"0"');
    const second = await service.post('/consents', grantFor(patient), { 'if-match': '"0"' });
    assert.equal(second.headers.get('etag'), '"1"');
    refusedWith(
      'revision-mismatch',
      await service.post('/consents', grantFor(patient), { 'if-match': '"0"' }),
    );
    assert.equal((await historyOf(patient)).length, 2);
  });

  it('let one of many writers through', async () => {
    const patient = patientOf('etag-2');
    await service.post('/consents', grantFor(patient));
    const send = () => service.post('/consents', grantFor(patient), { 'if-match': '"0"' });
    const statuses = (await Promise.all(Array.from({ length: 8 }, send))).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [201, 412, 412, 412, 412, 412, 412, 412]);
  });

  it('that are malformed are refused, not ignored', async () => {
    const patient = patientOf('etag-3');
    for (const match of ['0', 'W/"0"', '"0", "1"', '*', '"00"', '"x"']) {
      refusedWith(
        'invalid-request',
        await service.post('/consents', grantFor(patient), { 'if-match': match }),
      );
    }
  });
});

describe('writers at once', () => {
  it('on one patient all get through, each with its own revision', async () => {
    const patient = patientOf('writers');
    const send = () => service.post('/consents', grantFor(patient));
    const received = await Promise.all(Array.from({ length: 16 }, send));
    const revisions = received.map((each) => answered('grantConsent', each).revision);
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      Array.from({ length: 16 }, (_, at) => at),
    );
  });
});

describe('a refused write', () => {
  it('about a patient who is not known leaves nothing in the vault', async () => {
    const vault = new Database(vaultFile(service.config.dataFolder), { readonly: true });
    const subjects = () => vault.prepare('SELECT count(*) FROM subject').pluck().get();
    await service.post('/consents', grantFor(patientOf('refused-0')));
    const before = subjects();
    const patient = patientOf('refused-1');
    const endless = await service.post('/consents', { ...grantFor(patient), retroactive: true });
    refusedWith('retroactive-without-start', endless);
    const until = new Date(Date.now() - 60_000).toISOString();
    const emergency = { patient, recipient: 'Organization/a', until, reason: 'e' };
    refusedWith('emergency-over', await service.post('/emergencies', emergency));
    const seen = { 'if-match': '"0"' };
    refusedWith('revision-mismatch', await service.post('/consents', grantFor(patient), seen));
    const soon = { ...emergency, until: new Date(Date.now() + 60_000).toISOString() };
    refusedWith('revision-mismatch', await service.post('/emergencies', soon, seen));
    assert.equal(subjects(), before);
    const unseen = await service.post('/consents', grantFor(patientOf('refused-2')), { 'if-match': '"-1"' });
    assert.equal(unseen.status, 201, unseen.text);
    await service.post('/consents', grantFor(patient));
    assert.equal(subjects(), Number(before) + 2);
    vault.close();
  });
});

describe('a position', () => {
  it('of a write is seen by every read that names it', async () => {
    const patient = patientOf('position-1');
    const { position, consentId } = answered(
      'grantConsent',
      await service.post('/consents', grantFor(patient)),
    );
    const { consents } = answered(
      'patientConsents',
      await service.post('/patients/consents', { patient, position }),
    );
    assert.equal(consents[0]!.consentId, consentId);
    answered('patientHistory', await service.post('/patients/history', { patient, position }));
    answered('patientDisclosures', await service.post('/patients/disclosures', { patient, position }));
    answered('askDecision', await service.post('/decisions', { patient, question: questionOf(), position }));
    const search = await service.get(`/consents?position=${encodeURIComponent(position)}&limit=500`);
    assert.ok(answered('searchConsents', search).items.some((each) => each.consentId === consentId));
  });

  it('that is not there yet is pending, after a bounded wait', async () => {
    const patient = patientOf('position-2');
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const position = '999999999';
    for (const path of ['/patients/consents', '/patients/history', '/patients/disclosures']) {
      const received = await service.post(path, { patient, position });
      refusedWith('position-pending', received);
      assert.match(received.headers.get('retry-after')!, /^\d+$/);
    }
    refusedWith(
      'position-pending',
      await service.post('/decisions', { patient, question: questionOf(), position }),
    );
    refusedWith('position-pending', await service.get(`/consents?position=${position}`));
  });
});
