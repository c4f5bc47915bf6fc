import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { actor, concept, r4, r5 } from '../fhir/kit.ts';
import { assertNone, assertNoneOnDisk, canary, coded, identified, planted } from '../support/canaries.ts';
import { openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';
import { answered, grantFor, purpose, questionOf } from './kit.ts';

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

/** FHIR consents of people who are canaries: granted, unreadable, refused, left and ended. */
const resources = () => {
  const identifier = identified();
  const free = () => ({ text: { status: 'generated', div: canary() }, language: canary() });
  const subject = { identifier, display: canary() };
  const whole = r5(
    'deny',
    [{ actor: [actor('PRCP', `Practitioner/${canary()}`)], code: [{ text: canary() }] }],
    {
      id: canary(),
      subject,
      grantor: [{ display: canary() }],
      sourceReference: [{ display: canary() }],
      ...free(),
    },
  );
  return [
    whole,
    { ...whole, status: 'inactive' },
    r5('permit', [{ actor: [actor('PRCP', canary())] }], { id: canary(), subject }),
    r5('permit', [{ expression: { text: canary() } }], { id: canary(), subject: { reference: canary() } }),
    r5('permit', undefined, { id: canary(), subject: { display: canary() } }),
    r5('permit', undefined, { id: canary(), status: canary(), subject }),
    r4({ actor: [actor('PRCP', canary())] }, { id: canary(), policyRule: concept(canary(), canary()) }),
    { resourceType: 'Patient', name: canary() },
    { resourceType: 'Consent', [canary()]: canary() },
  ];
};

const carriedOut = async (server: ServedLedger, organisation: string): Promise<void> => {
  const patient = identified();
  const keyed = () => ({ 'idempotency-key': canary() });
  // ids and versions of forms stand in the clear, in URLs and in the index; they are no person's
  const form = { formId: 'treatment', version: '2026-03' };
  const textSha256 = 'e'.repeat(64);
  const shown = { ...form, combining: 'overlay', title: canary(), language: 'en', textSha256 };
  answered('publishForm', await server.post('/forms', shown, keyed()));
  const criteria = () => ({
    recipient: [{ reference: canary(), role: coded() }],
    custodian: [canary()],
    author: [canary()],
    purpose: [{ system: actReason, code: canary() }],
    class: [coded()],
    code: [coded()],
    data: [{ reference: canary(), meaning: 'instance' }],
  });
  const terms = () => ({
    otherwise: 'deny',
    rules: [{ type: 'permit', ...criteria(), obligations: [coded()], exceptions: [criteria()] }],
    purpose: [purpose('TREAT'), { system: actReason, code: canary() }],
    form,
    grantor: [canary()],
    representative: { reference: canary(), authority: canary() },
    witness: [canary()],
    source: { contentType: canary(), sha256: textSha256, title: canary() },
  });
  const granted = await server.post('/consents', grantFor(patient, terms()), keyed());
  const { consentId } = answered('grantConsent', granted);
  const item = () => ({
    reference: canary(),
    class: [coded()],
    code: [coded()],
    labels: [coded()],
    author: [canary()],
    related: [canary()],
  });
  const question = questionOf({
    recipient: { reference: canary(), memberOf: [organisation, canary()], roles: [coded()] },
    custodian: canary(),
    items: [item(), item()],
  });
  const asked = answered('askDecision', await server.post('/decisions', { patient, question }));
  answered('askDecision', await server.post('/decisions', { patient: identified(), question }));
  const requests = [{ patient, questions: [question, question] }];
  answered('askDecisions', await server.post('/decisions/batch', { requests }));
  const until = new Date(Date.now() + 60_000).toISOString();
  const emergency = { patient, recipient: canary(), until, reason: canary() };
  answered('declareEmergency', await server.post('/emergencies', emergency, keyed()));
  const path = `/consents/${consentId}`;
  const revocation = { patient, reason: canary() };
  answered('revokeConsent', await server.post(`${path}/revocations`, revocation, keyed()));
  const correction = { patient, reason: canary(), grant: { signedAt: '2026-01-01', ...terms() } };
  const corrected = answered('correctConsent', await server.post(`${path}/corrections`, correction, keyed()));
  const invalidations = `/consents/${corrected.consentId}/invalidations`;
  answered('invalidateConsent', await server.post(invalidations, { patient, reason: canary() }, keyed()));
  answered('patientConsents', await server.post('/patients/consents', { patient }));
  answered('patientHistory', await server.post('/patients/history', { patient }));
  answered('patientDisclosures', await server.post('/patients/disclosures', { patient }));
  answered('replayDecision', await server.post(`/decisions/${asked.decisionId}/replay`, { patient }));
};

/** Requests that break a rule each: what is wrong with them is said without repeating it. */
const refused = (server: ServedLedger, narrow: string) => {
  const patient = identified();
  const question = (changes: object) => ({ patient, question: questionOf(changes) });
  const post = (path: string, body: unknown, headers?: Record<string, string>) =>
    server.post(path, body, headers);
  const grant = (changes: object, headers?: Record<string, string>) =>
    post('/consents', grantFor(patient, changes), headers);
  return [
    server.send('GET', `/${canary()}`),
    server.send('GET', `/forms/${canary()}`),
    server.send('GET', `/problems/${canary()}`),
    server.send('GET', `/consents?${canary()}=${canary()}`),
    server.send('GET', `/consents?cursor=${canary()}`),
    server.send('GET', `/erasure-proposals?cursor=${canary()}`),
    server.send('GET', `/consents?formId=${canary()}&position=${canary()}`),
    server.send('GET', '/forms', undefined, { authorization: `Bearer ${canary()}` }),
    server.send('GET', '/forms', undefined, { authorization: canary() }),
    post(`/consents/${canary()}/revocations`, { patient }),
    post('/consents', { [canary()]: canary() }),
    post('/consents', `{"${canary()}": ${canary()}`),
    grant({ signedAt: canary() }),
    grant({ replaces: [crypto.randomUUID()], grantor: [canary()] }),
    grant({ form: { formId: canary(), version: canary() } }),
    grant({ purpose: [coded()] }),
    grant({ rules: [{ type: 'permit', label: [coded()] }] }),
    grant({}, { 'idempotency-key': `${canary()} ${canary()}` }),
    grant({}, { 'if-match': canary() }),
    grant({}, { 'content-type': `text/${canary()}` }),
    post('/decisions', question({ purpose: coded() })),
    post('/decisions', question({ recipient: { reference: canary() } }), {
      authorization: `Bearer ${narrow}`,
    }),
    post('/decisions', { ...question({}), position: canary() }),
    post('/patients/disclosures', { patient, cursor: canary() }),
    post(`/decisions/${crypto.randomUUID()}/replay`, { patient }, { traceparent: canary() }),
  ];
};

it('canaries in every field of every import and request reach no file, log line, metric, report or error', () =>
  withFolder(async (folder) => {
    const ledger = await openLedgerFolder(folder, { settings: { logLevel: 'debug' } });
    const { dataFolder } = ledger.config;
    const input = join(folder, 'input.ndjson');
    const report = join(folder, 'report.json');
    const imported = resources();
    await writeFile(input, imported.map((resource) => JSON.stringify(resource)).join('\n'));
    const options = ['--report', report, '--agent', canary()];
    const { code, stdout, stderr } = await ledger.run(['import', input, ...options]);
    assert.equal(code, 0, stderr);
    for (const outcome of ['granted', 'revoked', 'unreadable', 'refused'])
      assert.ok(stdout.includes(outcome));
    await assertNoneOnDisk(dataFolder);

    const organisation = `Organization/${canary()}`;
    const server = await ledger.serve({ subject: canary(), organisation });
    try {
      await carriedOut(server, organisation);
      const narrow = await ledger.token({ subject: canary(), scope: 'decisions:ask' });
      for (const received of await Promise.all(refused(server, narrow))) {
        assert.ok(received.status >= 400, received.text);
        assertNone('an error', received.text + JSON.stringify([...received.headers]));
      }
      assertNone('the metrics', (await server.send('GET', '/metrics')).text);
      assertNone('the status', (await server.send('GET', '/operations/status')).text);
      await assertNoneOnDisk(dataFolder);
    } finally {
      await server.stop();
    }
    const log = await server.stop();
    assert.ok(log.stdout.split('\n').length > 30, 'it logs requests');
    assertNone('the log', log.stdout + log.stderr);
    await assertNoneOnDisk(dataFolder);
    const fsck = await ledger.run(['fsck']);
    assertNone('what fsck says', fsck.stdout + fsck.stderr);

    // The names of resources are in the report on purpose, and it is for the operator alone.
    const names = new Set(imported.map((resource) => ('id' in resource ? resource.id : undefined)));
    planted.splice(0, planted.length, ...planted.filter((value) => !names.has(value)));
    assertNone('the report', stdout + stderr + (await readFile(report, 'utf8')));
    assert.ok(planted.length > 120, `${planted.length} planted`);
  }));
