import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExportErasure, ExportRecord } from '../../schemas/export/package.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { canonicalText } from '../../src/record/commitment.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  refusedWith,
  type TestService,
} from '../http/kit.ts';
import { withoutTools } from '../pades/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { approve, executed, type Officer, officer, requested } from './kit.ts';
import { downloaded, trustOf, verifyOffline } from './report-kit.ts';

const script = fileURLToPath(new URL('../verifier/verify.py', import.meta.url));

const bytesOf = (records: readonly ExportRecord[]): Buffer =>
  Buffer.from(records.map((record) => `${canonicalText(record)}\n`).join(''));

describe('the register of erasures and the certificate of one', () => {
  let service: TestService;
  let clerk: Officer;
  let head: Officer;
  let keys: string[];
  const done: string[] = [];
  before(async () => {
    service = await openTestService();
    clerk = await officer(service, { subject: 'clerk' });
    head = await officer(service, { subject: 'head' });
    for (const name of ['R-1', 'R-2', 'R-3']) {
      const patient = patientOf(name);
      answered('grantConsent', await service.post('/consents', grantFor(patient)));
      if (name === 'R-3') continue;
      const erasureId = await requested(clerk, patient);
      answered('approveErasure', await approve(head, erasureId));
      await executed(clerk, erasureId);
      done.push(erasureId);
    }
    keys = answered('readCheckpoint', await service.get('/evidence/checkpoint')).verifiers;
  });
  after(() => service.remove());

  const made = (cohort: object, more: object = {}) =>
    downloaded(service, { kind: 'erasures', cohort, ...more });

  const verdictOn = (bytes: Buffer) => {
    const trusted = keys.map((key) => parseVerifierKey(key)!);
    const chunks = async function* () {
      yield bytes;
    };
    return verifyPackage(chunks(), { trusted, previous: undefined });
  };

  const statedIn = (records: readonly ExportRecord[]) =>
    records.filter((one): one is ExportErasure => one.record === 'erasure');

  /** What the verifier in another language says. */
  const elsewhere = async (packages: readonly Buffer[]): Promise<string[]> => {
    let said = '';
    await withFolder(async (folder) => {
      const files = packages.map((bytes, at) => {
        const file = join(folder, `${at}.jsonl`);
        writeFileSync(file, bytes);
        return file;
      });
      const trust = join(folder, 'keys.txt');
      writeFileSync(trust, keys.map((key) => `${key}\n`).join(''));
      const run = spawnSync('python3', [script, trust, ...files], { encoding: 'utf8' });
      assert.equal(run.status, 0, run.stderr);
      said = run.stdout;
    });
    return said.trimEnd().split('\n');
  };

  it('shows all that were erased and nobody else, names no officer, and verifies', async () => {
    const { bytes, records } = await made({ by: 'all' });
    const verdict = await verdictOn(bytes);
    assert.ok(verdict.valid, verdict.fault?.detail);
    assert.deepEqual(verdict.checked.patients, { known: 0, unknown: 0, erased: 2 });
    const stated = statedIn(records);
    assert.equal(verdict.checked.erasures, 2);
    assert.deepEqual(stated.map(({ erasureId }) => erasureId).sort(), done.toSorted());
    assert.ok(stated.every((one) => one.requestedBy === undefined && one.approvedBy === undefined));
    assert.doesNotMatch(bytes.toString('utf8'), /"R-[123]"|clerk/);
  });

  it('keeps to a period by when the erasures were recorded', async () => {
    const { records } = await made({ by: 'all' }, { period: { end: '2020-01-01' } });
    assert.deepEqual(statedIn(records), []);
    assert.equal((await verdictOn(bytesOf(records))).valid, true);
  });

  it('are asked for, listed, seen, fetched and cancelled only by who may read erasures', async () => {
    const [erasureId] = done as [string];
    const cohorts = [{ by: 'all' }, { by: 'erasure', erasureId }];
    const reporter = await service.token({ scope: 'exports:write exports:read' });
    const privacy = await service.token({ scope: 'exports:write exports:read erasures:read' });
    const send = (token: string, method: string, path: string, body?: object) =>
      service.send(method, path, { token, ...(body && { body }) });
    const listed = async (token: string) =>
      answered('listExports', await send(token, 'GET', '/exports?limit=1')).items.map((one) => one.exportId);

    const history = { kind: 'history', cohort: { by: 'all' } };
    const { exportId: other } = answered('askExport', await send(reporter, 'POST', '/exports', history));
    for (const cohort of cohorts) {
      const body = { kind: 'erasures', cohort };
      refusedWith('scope-missing', await send(reporter, 'POST', '/exports', body));
      const { exportId } = answered('askExport', await send(privacy, 'POST', '/exports', body));
      for (const ending of ['', '/events', '/document', '/package'])
        refusedWith('scope-missing', await send(reporter, 'GET', `/exports/${exportId}${ending}`));
      refusedWith('scope-missing', await send(reporter, 'DELETE', `/exports/${exportId}`));
      assert.deepEqual(await listed(reporter), [other]);
      assert.deepEqual(await listed(privacy), [exportId]);
      assert.equal((await send(privacy, 'GET', `/exports/${exportId}/events`)).status, 200);
      for (const ending of ['', '/document', '/package'])
        assert.equal((await send(privacy, 'GET', `/exports/${exportId}${ending}`)).status, 200);
    }
  });

  it('certifies one, on whose word, in a signed document that the command verifies', async () => {
    const [erasureId] = done as [string];
    const { bytes, records, document } = await made({ by: 'erasure', erasureId });
    assert.ok((await verdictOn(bytes)).valid);
    const [stated] = statedIn(records);
    assert.deepEqual([stated?.requestedBy?.subject, stated?.approvedBy?.subject], ['clerk', 'head']);
    assert.equal(stated?.epochRetired, false);
    const files = { 'certificate.pdf': document, 'keys.txt': trustOf(service, keys) };
    const said = await verifyOffline(files, '--trust', 'keys.txt');
    assert.match(said, /What is stated of 1 erasure names the request/);
    assert.match(said, /pages were drawn again from the evidence, and are the same/);
  });

  it('does not verify where what is proven of the statement was changed', {
    skip: withoutTools('python3'),
  }, async () => {
    const [erasureId, other] = done as [string, string];
    const { records } = await made({ by: 'erasure', erasureId });
    const { records: register } = await made({ by: 'all' });
    const bent = (all: readonly ExportRecord[], changes: Partial<ExportErasure>) =>
      all.map((one) => (one.record === 'erasure' ? { ...one, ...changes } : one));
    const officer = { issuer: 'urn:x', subject: 'x' };
    const { epochRetired: _, ...unsaid } = statedIn(records)[0]!;
    const wrong: [string, readonly ExportRecord[], string][] = [
      ['another request', bent(records, { erasureId: other }), 'erasure'],
      ['another moment', bent(records, { closedAt: '2020-01-01T00:00:00.000Z' }), 'erasure'],
      ['another number', bent(records, { remains: { what: [], events: 7 } }), 'erasure'],
      ['officers in a register', bent(register, { requestedBy: officer, approvedBy: officer }), 'erasure'],
      [
        'an epoch of which nothing is said',
        records.map((one) => (one.record === 'erasure' ? unsaid : one)),
        'erasure',
      ],
      [
        'an end of an epoch that has none',
        bent(records, { irrecoverableSince: '2999-01-01T00:00:00.000Z' }),
        'erasure',
      ],
      [
        'an end before it was unreadable',
        bent(records, { epochRetired: true, irrecoverableSince: '2000-01-01T00:00:00.000Z' }),
        'erasure',
      ],
      ['no statement', records.filter(({ record }) => record !== 'erasure'), 'completeness'],
      [
        'a statement twice',
        records.flatMap((one): ExportRecord[] => (one.record === 'erasure' ? [one, one] : [one])),
        'order',
      ],
      ['another word of the ledger', bent(records, { article: '17(1)(c)' }), 'signature'],
    ];
    for (const [why, all, code] of wrong)
      assert.equal((await verdictOn(bytesOf(all))).fault?.code, code, why);
    const said = await elsewhere([bytesOf(records), ...wrong.map(([, all]) => bytesOf(all))]);
    assert.deepEqual(
      said.map((one) => one === 'valid'),
      [true, ...wrong.map(() => false)],
      said.join('\n'),
    );
  });

  it('is refused for a request on which nobody was erased, and with a cohort of another kind', async () => {
    const waiting = await requested(clerk, patientOf('R-3'));
    const certificate = { by: 'erasure', erasureId: waiting };
    refusedWith('erasure-unknown', await service.post('/exports', { kind: 'erasures', cohort: certificate }));
    const wrong: [object, string][] = [
      [{ kind: 'history', cohort: { by: 'erasure', erasureId: done[0] } }, '/cohort'],
      [{ kind: 'erasures', cohort: { by: 'form', formId: 'f-1' } }, '/cohort'],
      [
        { kind: 'erasures', cohort: { by: 'erasure', erasureId: done[0] }, period: { end: '2030' } },
        '/period',
      ],
    ];
    for (const [body, pointer] of wrong)
      assert.equal(refusedWith('invalid-request', await service.post('/exports', body)).pointer, pointer);
  });

  it('says since when it is irrecoverable, once its epoch ended', {
    timeout: 60_000,
    skip: withoutTools('python3'),
  }, async () => {
    const [erasureId] = done as [string];
    answered('rotateEpoch', await service.post('/operations/epochs/rotation', {}));
    for (let isOver = false; !isOver; await sleep(20)) {
      const { rotation } = answered('readEpochs', await service.get('/operations/epochs'));
      isOver = rotation.last?.outcome === 'completed';
    }
    const { bytes, records, document } = await made({ by: 'erasure', erasureId });
    assert.ok((await verdictOn(bytes)).valid);
    const { epochRetired, irrecoverableSince, unreadableSince } = statedIn(records)[0]!;
    assert.equal(epochRetired, true);
    assert.ok(irrecoverableSince! >= unreadableSince);
    const files = { 'certificate.pdf': document, 'keys.txt': trustOf(service, keys) };
    assert.match(await verifyOffline(files, '--trust', 'keys.txt'), /pages were drawn again/);
    assert.deepEqual(await elsewhere([bytes]), ['valid']);
  });
});
