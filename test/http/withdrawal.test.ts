import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { z } from 'zod';
import { apiRoutes } from '../../schemas/http/routes.ts';
import { answered, grantFor, openTestService, patientOf, questionOf, type TestService } from './kit.ts';

const { grantConsent, revokeConsent } = apiRoutes;

/** The names of the members that a body must have. */
const requiredIn = (body: z.ZodType): string[] =>
  body.safeParse({}).error!.issues.map(({ path }) => String(path[0]));

describe('withdrawal is as easy as giving (GDPR Art. 7(3))', () => {
  let service: TestService;
  before(async () => {
    service = await openTestService();
  });
  after(() => service.remove());

  it('asks for no member that giving does not ask for, and for the same right', () => {
    const more = requiredIn(revokeConsent.body).filter(
      (name) => !requiredIn(grantConsent.body).includes(name),
    );
    assert.deepEqual(more, []);
    assert.ok(requiredIn(revokeConsent.body).length < requiredIn(grantConsent.body).length);
    assert.equal(revokeConsent.access, grantConsent.access);
  });

  it('takes one request by whoever recorded the consent, and counts at once', async () => {
    const token = await service.token({ scope: 'consents:write' });
    const patient = patientOf('W-1');
    const decision = async () => {
      const asked = { patient, question: questionOf({ items: [{}] }) };
      return answered('askDecision', await service.post('/decisions', asked)).answer.items[0]!.decision;
    };
    const given = await service.send('POST', '/consents', { body: grantFor(patient), token });
    const { consentId } = answered('grantConsent', given);
    assert.equal(await decision(), 'permit');
    const path = `/consents/${consentId}/revocations`;
    answered('revokeConsent', await service.send('POST', path, { body: { patient }, token }));
    assert.equal(await decision(), 'deny');
  });
});
