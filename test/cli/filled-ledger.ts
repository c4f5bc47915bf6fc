import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { r5 } from '../fhir/kit.ts';
import { grantFor, patientOf, questionOf } from '../http/kit.ts';
import { type LedgerFolder, openLedgerFolder } from '../support/ledger-process.ts';

/** Fills a ledger in `folder` with every type of event there is: imported consents, and a patient over HTTP. */
export const fillLedger = async (
  folder: string,
  patients: number,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<LedgerFolder> => {
  const ledger = await openLedgerFolder(folder, { settings });
  const input = join(folder, 'consents.ndjson');
  const lines = Array.from({ length: patients }, (_, n) => {
    const subject = { reference: `Patient/p${n}` };
    const versions = [r5('deny', undefined, { subject }), r5('permit', undefined, { subject })];
    return versions.slice(n % 2).map((resource) => `${JSON.stringify(resource)}\n`);
  });
  await writeFile(input, lines.flat().join(''));
  const imported = await ledger.run(['import', input]);
  assert.equal(imported.code, 0, imported.stderr);

  const server = await ledger.serve();
  const post = async (path: string, body: object) => {
    const { status, json, text } = await server.post(path, body);
    assert.ok(status < 300, text);
    return json;
  };
  const patient = patientOf('1');
  const sha256 = '0'.repeat(64);
  const form = { formId: 'f', version: '1' };
  await post('/forms', {
    ...form,
    combining: 'overlay',
    title: 'A form',
    language: 'en',
    textSha256: sha256,
  });
  const { consentId } = await post('/consents', grantFor(patient, { form }));
  await post('/decisions', { patient, question: questionOf() });
  await post('/decisions', { patient: patientOf('nobody'), question: questionOf() });
  await post(`/consents/${consentId}/revocations`, { patient });
  await post(`/consents/${consentId}/invalidations`, { patient, reason: 'a mistake' });
  const until = new Date(Date.now() + 60_000).toISOString();
  await post('/emergencies', { patient, recipient: 'Practitioner/1', until, reason: 'an accident' });
  await server.stop();
  return ledger;
};

/** A ledger with the same data and keys in another folder. */
export const copyLedger = async ({ config }: LedgerFolder, folder: string): Promise<LedgerFolder> => {
  await cp(config.dataFolder, join(folder, 'data'), { recursive: true });
  return openLedgerFolder(folder, { newKeys: false, compiled: join(config.dataFolder, '..', 'compiled') });
};
