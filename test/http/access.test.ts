import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiRoute } from '../../schemas/http/route.ts';
import { apiRoutes } from '../../schemas/http/routes.ts';
import { type Scope, scopes } from '../../schemas/http/scopes.ts';
import { permissions } from '../../src/access/may.ts';
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
  service = await openTestService();
});
after(() => service.remove());

const pathOf = ({ path }: ApiRoute) => path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
const routes = Object.entries(apiRoutes) as [string, ApiRoute][];
const send = (route: ApiRoute, token: string | null) =>
  service.send(route.method.toUpperCase(), pathOf(route), { token, ...(route.body && { body: {} }) });

describe('every route', () => {
  for (const [id, route] of routes) {
    it(`${id} needs a token, a good one, and its scope`, async () => {
      refusedWith('token-missing', await send(route, null));
      refusedWith('token-invalid', await send(route, 'a.b.c'));
      const needed: readonly Scope[] = permissions[route.access];
      const others = scopes.filter((scope) => !needed.includes(scope));
      refusedWith('scope-missing', await send(route, await service.token({ scope: others.join(' ') })));
      for (const scope of needed) {
        const received = await send(route, await service.token({ scope }));
        assert.ok(![401, 403].includes(received.status), `${scope}: ${received.text}`);
      }
    });
  }
});

describe('an app', () => {
  const patient = patientOf('access-1');
  const other = { reference: 'Organization/b' };
  const ask = async (scope: string, changes: object, organisation = 'Organization/a') =>
    service.send('POST', '/decisions', {
      body: { patient, question: questionOf(changes) },
      token: await service.token({ scope, organisation }),
    });

  it('asks only as its own organisation', async () => {
    answered('askDecision', await ask('decisions:ask', {}));
    answered(
      'askDecision',
      await ask('decisions:ask', { recipient: { ...other, memberOf: ['Organization/a'] } }),
    );
    const refused = refusedWith('organisation-mismatch', await ask('decisions:ask', { recipient: other }));
    assert.equal(refused.pointer, '/question/recipient');
    refusedWith('organisation-mismatch', await ask('decisions:ask', {}, 'Organization/aa'));
  });

  it('asks for others where its scope says so', async () => {
    answered('askDecision', await ask('decisions:ask-any', { recipient: other }));
  });

  it('asks in a batch under the same rule, for each question', async () => {
    const requests = [
      { patient, questions: [questionOf()] },
      { patient, questions: [questionOf(), questionOf({ recipient: other })] },
    ];
    const token = await service.token({ scope: 'decisions:ask' });
    const received = await service.send('POST', '/decisions/batch', { body: { requests }, token });
    assert.equal(refusedWith('organisation-mismatch', received).pointer, '/requests/1/questions/1/recipient');
  });
});

describe('a tenant', () => {
  it('sees nothing of another: no patient, no consent, no form, no answer', async () => {
    const patient = patientOf('access-2');
    const form = {
      formId: 'own',
      version: '1',
      combining: 'independent',
      title: 'Own',
      language: 'en',
      textSha256: 'c'.repeat(64),
    };
    answered('publishForm', await service.post('/forms', form));
    const grant = grantFor(patient, { form: { formId: 'own', version: '1' } });
    const { consentId, position } = answered('grantConsent', await service.post('/consents', grant));
    const decision = answered(
      'askDecision',
      await service.post('/decisions', { patient, question: questionOf() }),
    );
    assert.equal(decision.answer.items[0]!.decision, 'permit');

    const token = await service.token({ tenant: 'tenant-b' });
    const asOther = (method: string, path: string, body?: unknown) =>
      service.send(method, path, { body, token });
    const asked = await asOther('POST', '/decisions', { patient, question: questionOf() });
    assert.equal(answered('askDecision', asked).answer.items[0]!.reason, 'unknown-patient');
    for (const path of ['/patients/consents', '/patients/history', '/patients/disclosures']) {
      refusedWith('patient-unknown', await asOther('POST', path, { patient }));
    }
    refusedWith('patient-unknown', await asOther('POST', `/consents/${consentId}/revocations`, { patient }));
    refusedWith('not-found', await asOther('POST', `/decisions/${decision.decisionId}/replay`, { patient }));
    refusedWith('form-unknown', await asOther('GET', '/forms/own'));
    assert.deepEqual(answered('listForms', await asOther('GET', '/forms')).forms, []);
    refusedWith('form-unknown', await asOther('POST', '/consents', grant));
    const search = await asOther('GET', `/consents?position=${encodeURIComponent(position)}`);
    assert.deepEqual(answered('searchConsents', search).items, []);
  });
});
