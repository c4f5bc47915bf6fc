import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { answered, grantFor, openTestService, purpose, questionOf } from './kit.ts';

/** A value that would be seen wherever it came to stand, and the number of those that were planted. */
let planted = 0;
const canary = () => {
  planted += 1;
  return `Canary${planted}Zaunkoenig`;
};
const mark = /canary\d+zaunkoenig/i;
const coded = () => ({ system: `urn:${canary()}`, code: canary() });
const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

describe('canaries planted in every field of every request', async () => {
  const service = await openTestService();
  after(() => service.remove());
  const patient = { system: `urn:${canary()}`, value: canary() };
  const textSha256 = 'e'.repeat(64);

  it('reach no log line, no metric, no error and no file', async () => {
    // ids and versions of forms stand in the clear, in URLs and in the index; they are no person's
    const formId = 'treatment';
    const form = {
      formId,
      version: '2026-03',
      combining: 'overlay',
      title: canary(),
      language: 'en',
      textSha256,
    };
    answered('publishForm', await service.post('/forms', form, { 'idempotency-key': canary() }));
    const criteria = {
      recipient: [{ reference: canary(), role: coded() }],
      custodian: [canary()],
      author: [canary()],
      purpose: [{ system: actReason, code: canary() }],
      class: [coded()],
      code: [coded()],
      data: [{ reference: canary(), meaning: 'instance' }],
    };
    const grant = grantFor(patient, {
      otherwise: 'deny',
      rules: [{ type: 'permit', ...criteria, obligations: [coded()], exceptions: [criteria] }],
      purpose: [purpose('TREAT'), { system: actReason, code: canary() }],
      form: { formId, version: form.version },
      grantor: [canary()],
      representative: { reference: canary(), authority: canary() },
      witness: [canary()],
      source: { contentType: canary(), sha256: textSha256, title: canary() },
    });
    const keyed = () => ({ 'idempotency-key': canary() });
    const { consentId } = answered('grantConsent', await service.post('/consents', grant, keyed()));
    const question = questionOf({
      recipient: { reference: 'Organization/a', memberOf: [canary()], roles: [coded()] },
      custodian: canary(),
      items: [
        {
          reference: canary(),
          class: [coded()],
          code: [coded()],
          labels: [coded()],
          author: [canary()],
          related: [canary()],
        },
      ],
    });
    answered('askDecision', await service.post('/decisions', { patient, question }));
    const stranger = { system: `urn:${canary()}`, value: canary() };
    answered('askDecision', await service.post('/decisions', { patient: stranger, question }));
    const requests = [{ patient, questions: [question, question] }];
    answered('askDecisions', await service.post('/decisions/batch', { requests }));
    const until = new Date(Date.now() + 60_000).toISOString();
    const emergency = { patient, recipient: canary(), until, reason: canary() };
    answered('declareEmergency', await service.post('/emergencies', emergency, keyed()));
    const reason = canary();
    const path = `/consents/${consentId}`;
    answered('revokeConsent', await service.post(`${path}/revocations`, { patient, reason }, keyed()));
    answered(
      'invalidateConsent',
      await service.post(`${path}/invalidations`, { patient, reason: canary() }, keyed()),
    );
    answered('patientConsents', await service.post('/patients/consents', { patient }));
    answered('patientHistory', await service.post('/patients/history', { patient }));
    answered('patientDisclosures', await service.post('/patients/disclosures', { patient }));

    const refused = [
      await service.get(`/${canary()}`),
      await service.get(`/forms/${canary()}`),
      await service.get(`/consents?${canary()}=${canary()}`),
      await service.get(`/consents?cursor=${canary()}`),
      await service.post(`/consents/${canary()}/revocations`, { patient }),
      await service.post('/consents', { [canary()]: canary() }),
      await service.post('/consents', `{"${canary()}": ${canary()}`),
      await service.post('/consents', grantFor(stranger, { signedAt: canary() })),
      await service.post(
        '/consents',
        grantFor(stranger, { replaces: [crypto.randomUUID()], grantor: [canary()] }),
      ),
      await service.post('/consents', grantFor(stranger, { form: { formId: canary(), version: canary() } })),
      await service.post('/consents', grantFor(stranger, { purpose: [coded()] })),
      await service.post('/consents', grantFor(stranger, { rules: [{ type: 'permit', label: [coded()] }] })),
      await service.post('/consents', grantFor(patient), { 'idempotency-key': `${canary()} ${canary()}` }),
      await service.post('/consents', grantFor(patient), { 'if-match': canary() }),
      await service.post('/consents', grantFor(patient), { 'content-type': `text/${canary()}` }),
      await service.post('/decisions', { patient, question: questionOf({ purpose: coded() }) }),
      await service.post('/decisions', {
        patient,
        question: questionOf({ recipient: { reference: canary() } }),
        position: canary(),
      }),
      await service.post('/patients/disclosures', { patient, cursor: canary() }),
      await service.send('GET', '/forms', { token: canary() }),
      await service.send(`X${canary()}`, '/forms').catch(() => undefined),
      await service.send('POST', '/decisions', {
        body: { patient, question: questionOf({ recipient: { reference: canary() } }) },
        token: await service.token({ scope: 'decisions:ask' }),
      }),
    ];
    for (const received of refused) {
      if (received === undefined) continue;
      assert.ok(received.status >= 400, received.text);
      assert.doesNotMatch(received.text, mark);
      assert.doesNotMatch(JSON.stringify([...received.headers]), mark);
    }

    const metrics = await service.get('/metrics');
    assert.doesNotMatch(metrics.text, mark);
    await service.stop();
    assert.ok(service.lines.length > 20);
    for (const line of service.lines) assert.doesNotMatch(line, mark);
    await assertNoneOnDisk(service.config.dataFolder);
    assert.ok(planted > 60, `${planted} planted`);
  });
});

/** Every byte of every file, as text in both widths; and base64 of the canaries' common part at each offset. */
const assertNoneOnDisk = async (folder: string) => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  assert.ok(files.length > 3);
  for (const file of files) {
    const bytes = await readFile(file);
    assert.ok(!mark.test(bytes.toString('latin1')), file);
    assert.ok(!mark.test(bytes.toString('utf16le')), file);
    for (const encoded of ['YXVua29lbmln', 'bmtvZW5pZ', 'dW5rb2VuaW', 'emF1bmtvZW5pZ', 'WmF1bmtvZW5pZ']) {
      assert.ok(!bytes.includes(encoded), `${file} holds ${encoded}`);
    }
  }
};
