import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { exportRecord } from '../../schemas/export/package.ts';
import { scopes } from '../../schemas/http/scopes.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
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
  for (const name of ['one', 'two']) {
    const patient = patientOf(`export-${name}`);
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    answered('askDecision', await service.post('/decisions', { patient, question: questionOf() }));
  }
});
after(() => service.remove());

const bodyFor = (...names: string[]) => ({
  kind: 'history',
  cohort: { by: 'identifiers', identifiers: names.map(patientOf) },
  reason: 'Order 7',
});

const raw = async (path: string, token?: string): Promise<Response> =>
  fetch(service.url + path, { headers: { authorization: `Bearer ${token ?? (await service.token())}` } });

/** Follows the events of an export to its end; gives how it then stood, and how many there were. */
const watched = async (exportId: string) => {
  const response = await raw(`/exports/${exportId}/events`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = (await response.text()).split('\n\n').filter((event) => event !== '');
  for (const event of events) assert.match(event, /^event: export\ndata: \{/);
  return { count: events.length, last: JSON.parse(events.at(-1)!.split('\ndata: ')[1]!) };
};

describe('an export over HTTP', () => {
  it('is asked for, followed to its end, listed and fetched', async () => {
    const asked = answered(
      'askExport',
      await service.post('/exports', bodyFor('export-one', 'export-nobody')),
    );
    const { last } = await watched(asked.exportId);
    assert.equal(last.status, 'finished', JSON.stringify(last));
    assert.equal(last.progress.percent, 100);
    assert.deepEqual(last.cohort, { by: 'identifiers', asked: 2 });

    const view = answered('readExport', await service.get(`/exports/${asked.exportId}`));
    const document = await raw(`/exports/${asked.exportId}/document`);
    assert.equal(document.headers.get('content-type'), 'application/pdf');
    const pdf = Buffer.from(await document.arrayBuffer());
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    assert.equal(pdf.length, view.document?.bytes);
    assert.equal(createHash('sha256').update(pdf).digest('hex'), view.document?.sha256);

    const lines = (await (await raw(`/exports/${asked.exportId}/package`)).text()).split('\n').slice(0, -1);
    const records = lines.map((line) => exportRecord.parse(JSON.parse(line)).record);
    assert.deepEqual([records[0], records.at(-1)], ['export', 'end']);

    const { items } = answered('listExports', await service.get('/exports?limit=1'));
    assert.equal(items[0]?.exportId, asked.exportId);
  });

  it('is made once for one Idempotency-Key, however often it is asked for', async () => {
    const headers = { 'idempotency-key': 'export-key-1' };
    const first = await service.post('/exports', bodyFor('export-two'), headers);
    const again = await service.post('/exports', bodyFor('export-two'), headers);
    assert.equal(first.json.exportId, again.json.exportId);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    refusedWith('idempotency-key-reused', await service.post('/exports', bodyFor('export-one'), headers));
  });

  it('is nobody else’s: another tenant finds nothing', async () => {
    const asked = answered('askExport', await service.post('/exports', bodyFor('export-one')));
    const token = await service.token({ tenant: 'tenant-b', scope: scopes.join(' ') });
    for (const ending of ['', '/events', '/document', '/package'])
      refusedWith('not-found', await service.send('GET', `/exports/${asked.exportId}${ending}`, { token }));
    refusedWith('not-found', await service.send('DELETE', `/exports/${asked.exportId}`, { token }));
    const listed = await service.send('GET', '/exports', { token });
    assert.deepEqual(answered('listExports', listed).items, []);
    await watched(asked.exportId);
  });

  it('is cancelled, and then there is nothing of it', async () => {
    const asked = answered('askExport', await service.post('/exports', bodyFor('export-one', 'export-two')));
    const cancelled = await service.send('DELETE', `/exports/${asked.exportId}`);
    assert.equal(answered('cancelExport', cancelled).status, 'cancelled');
    refusedWith('export-gone', await service.get(`/exports/${asked.exportId}/document`));
    refusedWith('export-over', await service.send('DELETE', `/exports/${asked.exportId}`));
  });

  it('that cannot be signed says so in the log, with the setting that leads to what failed', async () => {
    const { keyFile } = selfSignedFiles(service.config.keysFolder);
    await chmod(keyFile, 0o644);
    const asked = answered('askExport', await service.post('/exports', bodyFor('export-one')));
    assert.equal((await watched(asked.exportId)).last.failure, 'report-unsigned');
    await chmod(keyFile, 0o600);
    const logged = service.lines.find((line) => line.includes('an export could not be signed'))!;
    const { level, reason, setting } = JSON.parse(logged);
    assert.deepEqual([level, reason, setting], ['error', 'setting-refused', 'keysFolder']);
  });

  it('is refused where kind and cohort do not go together, naming the member', async () => {
    const wrong: [object, string][] = [
      [{ ...bodyFor('export-one', 'export-two'), kind: 'patient' }, '/cohort/identifiers'],
      [{ kind: 'patient', cohort: { by: 'all' } }, '/cohort'],
      [{ ...bodyFor('export-one'), kind: 'erasures' }, '/cohort'],
      [{ ...bodyFor('export-one'), since: 3 }, ''],
    ];
    for (const [body, pointer] of wrong)
      assert.equal(refusedWith('invalid-request', await service.post('/exports', body)).pointer, pointer);
    refusedWith('not-found', await service.get('/exports/00000000-0000-4000-8000-000000000000'));
  });
});
