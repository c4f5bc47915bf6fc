import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  purpose,
  questionOf,
  refusedWith,
  type TestService,
} from './kit.ts';

let service: TestService;
before(async () => {
  service = await openTestService();
});
after(() => service.remove());

const ask = async (patient: object, changes: object = {}, more: object = {}) => {
  const body = { patient, question: questionOf(changes), ...more };
  const { answer } = answered('askDecision', await service.post('/decisions', body));
  const { decision, reason } = answer.items[0]!;
  return `${decision}: ${reason}`;
};
const granted = async (patient: object, changes: object = {}) =>
  answered('grantConsent', await service.post('/consents', { ...grantFor(patient as never, changes) }));

describe('from a grant to an answer', () => {
  it('permits what was granted, refuses what was not, and knows whom it does not know', async () => {
    const patient = patientOf('main-1');
    assert.equal(await ask(patient), 'deny: unknown-patient');
    const { position } = await granted(patient);
    assert.equal(await ask(patient, {}, { position }), 'permit: permitted');
    assert.equal(await ask(patient, { purpose: purpose('HMARKT') }), 'deny: refused');
  });

  it('ends with a revocation, for what comes after it', async () => {
    const patient = patientOf('main-2');
    const { consentId } = await granted(patient);
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const path = `/consents/${consentId}/revocations`;
    const revoked = answered(
      'revokeConsent',
      await service.post(path, { patient, reason: 'changed my mind' }),
    );
    assert.equal(revoked.consentId, consentId);
    assert.equal(revoked.revision, 1);
    assert.equal(await ask(patient), 'deny: revoked');
    assert.equal(await ask(patient, { validAt: between }), 'permit: permitted');
  });

  it('tells what was known from what was so, after a late entry', async () => {
    const patient = patientOf('main-3');
    await granted(patient);
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const late = answered(
      'grantConsent',
      await service.post(
        '/consents',
        grantFor(patient, {
          signedAt: '2026-02-01',
          rules: [{ type: 'deny', purpose: [purpose('TREAT')] }],
        }),
      ),
    );
    assert.equal(late.revision, 1);
    assert.equal(await ask(patient, { validAt: before }), 'deny: refused');
    assert.equal(await ask(patient, { validAt: before, knownAt: before }), 'permit: permitted');
  });

  it('invalidates, and corrects in one step', async () => {
    const patient = patientOf('main-4');
    const first = await granted(patient);
    const { patient: _, ...grant } = grantFor(patient, { otherwise: 'permit', rules: undefined });
    const corrected = answered(
      'correctConsent',
      await service.post(`/consents/${first.consentId}/corrections`, {
        patient,
        reason: 'wrong form',
        grant,
      }),
    );
    assert.notEqual(corrected.consentId, first.consentId);
    assert.equal(corrected.revision, 2);
    assert.equal(await ask(patient, { purpose: purpose('HMARKT') }), 'permit: permitted');
    const path = `/consents/${corrected.consentId}/invalidations`;
    answered('invalidateConsent', await service.post(path, { patient, reason: 'not this patient' }));
    assert.equal(await ask(patient), 'deny: no-consent');
    refusedWith('consent-already-invalidated', await service.post(path, { patient, reason: 'again' }));
  });

  it('breaks the glass for a time, marked for review', async () => {
    const patient = patientOf('main-5');
    const emergency = questionOf({ purpose: purpose('BTG') });
    const before = await service.post('/decisions', { patient, question: emergency });
    assert.equal(answered('askDecision', before).answer.items[0]!.reason, 'break-glass-undeclared');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const declaration = { patient, recipient: 'Organization/a', until, reason: 'unconscious' };
    const declared = answered('declareEmergency', await service.post('/emergencies', declaration));
    assert.equal(declared.until, until);
    const verdict = answered(
      'askDecision',
      await service.post('/decisions', { patient, question: emergency }),
    ).answer.items[0]!;
    assert.equal(verdict.decision, 'permit');
    assert.equal(verdict.review, true);
    const tooLong = { ...declaration, until: new Date(Date.now() + 30 * 3_600_000).toISOString() };
    assert.equal(
      refusedWith('emergency-too-long', await service.post('/emergencies', tooLong)).pointer,
      '/until',
    );
    refusedWith('emergency-over', await service.post('/emergencies', { ...declaration, until: '2020' }));
  });

  it('answers many questions about many patients in their order', async () => {
    const [known, unknown] = [patientOf('main-6'), patientOf('main-7')];
    await granted(known);
    const body = {
      requests: [
        { patient: unknown, questions: [questionOf()] },
        { patient: known, questions: [questionOf(), questionOf({ purpose: purpose('HMARKT') })] },
      ],
    };
    const { answers } = answered('askDecisions', await service.post('/decisions/batch', body));
    assert.deepEqual(
      answers.map(({ decisions }) => decisions.map(({ answer }) => answer.items[0]!.reason)),
      [['unknown-patient'], ['permitted', 'refused']],
    );
  });

  it('accounts for every answer, and gives it again', async () => {
    const patient = patientOf('main-8');
    await granted(patient);
    const first = answered(
      'askDecision',
      await service.post('/decisions', { patient, question: questionOf() }),
    );
    const { consentId } = await granted(patient, { signedAt: '2026-02-01', rules: undefined });
    assert.ok(consentId);
    await ask(patient);
    const page = answered(
      'patientDisclosures',
      await service.post('/patients/disclosures', { patient, limit: 1 }),
    );
    assert.equal(page.items[0]!.decisionId, first.decisionId);
    assert.equal(page.items[0]!.agent.subject, 'developer');
    const rest = { patient, cursor: page.next };
    const second = answered('patientDisclosures', await service.post('/patients/disclosures', rest));
    assert.equal(second.items.length, 1);
    const replay = await service.post(`/decisions/${first.decisionId}/replay`, { patient });
    const { same, replayed } = answered('replayDecision', replay);
    assert.ok(same);
    assert.equal(replayed.items[0]!.decision, 'permit');
    const other = patientOf('main-9');
    await granted(other);
    refusedWith('not-found', await service.post(`/decisions/${first.decisionId}/replay`, { patient: other }));
  });
});

describe('what is recorded of a patient', () => {
  it('is listed as it stood at a moment, by what was known then', async () => {
    const patient = patientOf('list-1');
    const { consentId } = await granted(patient);
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await service.post(`/consents/${consentId}/revocations`, {
      patient,
      effectiveAt: '2026-02-01T00:00:00Z',
    });
    const standing = async (times: object) => {
      const received = await service.post('/patients/consents', { patient, ...times });
      return answered('patientConsents', received).consents.map((each) => each.standing);
    };
    assert.deepEqual(await standing({}), ['revoked']);
    assert.deepEqual(await standing({ validAt: '2026-01-15' }), ['in-force']);
    assert.deepEqual(await standing({ validAt: '2025-01-15' }), ['not-yet-valid']);
    assert.deepEqual(await standing({ knownAt: before }), ['in-force']);
    assert.deepEqual(await standing({ knownAt: '2020' }), []);
  });

  it('is told event by event, in pages', async () => {
    const patient = patientOf('list-2');
    const { consentId } = await granted(patient);
    await service.post(`/consents/${consentId}/revocations`, { patient });
    const first = answered('patientHistory', await service.post('/patients/history', { patient, limit: 1 }));
    assert.deepEqual(
      first.events.map(({ type }) => type),
      ['ConsentGranted'],
    );
    assert.equal(first.next, 1);
    const second = answered('patientHistory', await service.post('/patients/history', { patient, from: 1 }));
    assert.deepEqual(
      second.events.map(({ type }) => type),
      ['ConsentRevoked'],
    );
    assert.equal(second.next, undefined);
  });

  it('is nothing, where nothing is recorded', async () => {
    const patient = patientOf('nobody');
    for (const path of ['/patients/consents', '/patients/history', '/patients/disclosures']) {
      refusedWith('patient-unknown', await service.post(path, { patient }));
    }
    const revocation = `/consents/${crypto.randomUUID()}/revocations`;
    refusedWith('patient-unknown', await service.post(revocation, { patient }));
  });
});

describe('forms', () => {
  const form = {
    formId: 'treatment',
    version: '1',
    combining: 'replacing',
    title: 'Treatment',
    language: 'en',
    textSha256: 'a'.repeat(64),
  };

  it('are published by version, and stand in the grants that name them', async () => {
    const published = await service.post('/forms', form);
    assert.equal(answered('publishForm', published).revision, 0);
    refusedWith('form-version-exists', await service.post('/forms', form));
    refusedWith(
      'form-combining-differs',
      await service.post('/forms', { ...form, version: '2', combining: 'overlay' }),
    );
    answered('publishForm', await service.post('/forms', { ...form, version: '2' }));
    const versions = answered('readForm', await service.get('/forms/treatment')).versions;
    assert.deepEqual(
      versions.map(({ version }) => version),
      ['1', '2'],
    );
    assert.equal(answered('listForms', await service.get('/forms')).forms.length, 2);
    refusedWith('form-unknown', await service.get('/forms/other'));

    const patient = patientOf('form-1');
    await granted(patient, { form: { formId: 'treatment', version: '2' } });
    const { consents } = answered('patientConsents', await service.post('/patients/consents', { patient }));
    const { title: _, language: __, ...used } = form;
    assert.deepEqual(consents[0]!.form, { ...used, version: '2' });
    const stray = grantFor(patient, { form: { formId: 'treatment', version: '3' } });
    assert.equal(refusedWith('form-unknown', await service.post('/consents', stray)).pointer, '/form');
  });
});

describe('the search', () => {
  it('finds consents by form, status and end, in pages that survive writes', async () => {
    answered(
      'publishForm',
      await service.post('/forms', {
        formId: 'study',
        version: '1',
        combining: 'independent',
        title: 'Study',
        language: 'en',
        textSha256: 'b'.repeat(64),
      }),
    );
    let position = '';
    const form = { formId: 'study', version: '1' };
    for (let each = 0; each < 5; each += 1) {
      const period = { end: `2030-0${each + 1}-01` };
      ({ position } = await granted(patientOf(`search-${each}`), { form, period }));
    }
    const found = async (query: string) =>
      answered('searchConsents', await service.get(`/consents?${query}`));
    const all = await found(`formId=study&position=${encodeURIComponent(position)}`);
    assert.equal(all.items.length, 5);
    const first = await found('formId=study&limit=2&endsFrom=2030-01-01T00:00:00.000Z');
    assert.equal(first.items.length, 2);
    await granted(patientOf('search-late'), { form, period: { end: '2030-01-15' } });
    const second = await found(
      `formId=study&limit=10&endsFrom=2030-01-01T00:00:00.000Z&cursor=${encodeURIComponent(first.next!)}`,
    );
    const ids = [...first.items, ...second.items].map(({ consentId }) => consentId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { consentId } of all.items) assert.ok(ids.includes(consentId));
    assert.equal((await found('formId=study&status=revoked')).items.length, 0);
    refusedWith('invalid-request', await service.get('/consents?cursor=made-up'));
  });
});

describe('the whole of it', () => {
  it('loses nothing over a restart', async () => {
    const first = await openTestService();
    const patient = patientOf('restart');
    answered('grantConsent', await first.post('/consents', grantFor(patient)));
    const asked = answered(
      'askDecision',
      await first.post('/decisions', { patient, question: questionOf() }),
    );
    await first.stop();
    const second = await openTestService({}, first.folder);
    const again = answered(
      'askDecision',
      await second.post('/decisions', { patient, question: questionOf() }),
    );
    assert.deepEqual(again.answer.items, asked.answer.items);
    const { items } = answered('patientDisclosures', await second.post('/patients/disclosures', { patient }));
    assert.deepEqual(
      items.map(({ decisionId }) => decisionId),
      [asked.decisionId, again.decisionId],
    );
    await second.remove();
  });
});
