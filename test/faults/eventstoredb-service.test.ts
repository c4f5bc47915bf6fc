import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  answered,
  grantFor,
  newFolder,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from '../http/kit.ts';
import {
  connectionTo,
  type EventStoreServer,
  noEventStore,
  startEventStore,
} from '../support/eventstored.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

describe('the service on EventStoreDB', { skip: noEventStore }, () => {
  let server: EventStoreServer;
  let proxy: TcpProxy;
  let secrets: string;
  let service: TestService;
  const settings = () => ({
    store: 'eventstoredb',
    eventstoredb: { connectionStringFile: join(secrets, 'store'), maxStalenessMs: 2_500 },
  });
  before(async () => {
    server = await startEventStore();
    proxy = await TcpProxy.to(server);
    secrets = await newFolder();
    await writeFile(join(secrets, 'store'), `${connectionTo(proxy).connectionString}\n`);
    service = await openTestService(settings());
  });
  after(async () => {
    await service.remove();
    await rm(secrets, { recursive: true });
    await proxy.close();
    await server.stop();
  });

  const ask = (patient: object) => service.post('/decisions', { patient, question: questionOf() });
  const verdict = async (patient: object): Promise<string | undefined> =>
    answered('askDecision', await ask(patient)).answer.items[0]?.decision;
  const readiness = async (): Promise<number> => (await service.get('/readyz')).status;
  const ready = async (): Promise<void> => {
    for (const end = performance.now() + 30_000; (await readiness()) !== 200; await sleep(20))
      assert.ok(performance.now() < end, 'it does not become ready');
  };

  it('permits what was granted, and not what was revoked, at once and after a restart', async () => {
    const patient = patientOf('remote-1');
    const { consentId } = answered('grantConsent', await service.post('/consents', grantFor(patient)));
    assert.equal(await verdict(patient), 'permit');
    const revocation = { patient, reason: 'changed my mind' };
    answered('revokeConsent', await service.post(`/consents/${consentId}/revocations`, revocation));
    assert.equal(await verdict(patient), 'deny');
    await service.stop();
    service = await openTestService(settings(), service.folder);
    assert.equal(await verdict(patient), 'deny');
  });

  it('an answer names until when what it rests on is known, and an asker may ask for less', async () => {
    const patient = patientOf('remote-2');
    const asked = new Date().toISOString();
    await sleep(5);
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const { answer } = answered('askDecision', await ask(patient));
    assert.ok(answer.knownAt <= answer.validAt);
    assert.equal(answer.items[0]?.decision, 'permit');
    const question = questionOf({ knownAt: asked });
    const before = answered('askDecision', await service.post('/decisions', { patient, question }));
    assert.equal(before.answer.items[0]?.reason, 'unknown-patient');
  });

  it('cut off from the store it refuses to answer, says why, and heals', async () => {
    const patient = patientOf('remote-3');
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    await ready();
    proxy.disturb({ up: false, down: false });
    await sleep(3_000);
    refusedWith('store-behind', await ask(patient));
    const { status, text } = await service.get('/readyz');
    assert.equal(status, 503);
    assert.match(text, /store-behind/);
    proxy.disturbNew({});
    await ready();
    assert.equal(await verdict(patient), 'permit');
  });
});
