import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openLedger } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { erasureStream } from '../../src/record/streams.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  refusedWith,
  type TestService,
} from '../http/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { approve, executed, type Officer, officer, requested } from './kit.ts';

const retention = [
  { tenant: 'tenant-a', formId: 'short', days: 30 },
  { tenant: 'tenant-a', formId: 'long', days: 36_500 },
  { tenant: 'tenant-b', formId: 'short', days: 30 },
];
const forms = ['short', 'long', 'none'].map((formId) => ({
  formId,
  version: '1',
  combining: 'independent',
  title: formId,
  language: 'en',
  textSha256: 'c'.repeat(64),
}));

describe('proposals of retention periods', () => {
  let service: TestService;
  let clerk: Officer;
  let head: Officer;
  let other: string;
  before(async () => {
    service = await openTestService({ retention });
    clerk = await officer(service, { subject: 'clerk' });
    head = await officer(service, { subject: 'head' });
    other = await service.token({ tenant: 'tenant-b' });
    for (const body of forms) {
      answered('publishForm', await service.post('/forms', body));
      answered('publishForm', await service.send('POST', '/forms', { body, token: other }));
    }
  });
  after(() => service.remove());

  /** Under a form, signed in 2019, by default until the end of the year 2020. */
  const grant = async (value: string, formId: string, changes: object = {}, token?: string) => {
    const form = { formId, version: '1' };
    const terms = { signedAt: '2019-01-01', period: { end: '2020' }, form, ...changes };
    const body = grantFor(patientOf(value), terms);
    const sent = await service.send('POST', '/consents', { body, ...(token && { token }) });
    return answered('grantConsent', sent);
  };
  const list = async ({ position = '', cursor = '', limit = 100 } = {}, by = clerk) => {
    const query = new URLSearchParams({ limit: `${limit}` });
    if (position) query.set('position', position);
    if (cursor) query.set('cursor', cursor);
    return answered('listErasureProposals', await by.get(`/erasure-proposals?${query}`));
  };
  const proposes = async (position: string, consentId: string, by = clerk) =>
    (await list({ position }, by)).items.some(({ consentIds }) => consentIds.includes(consentId));

  it('name the consents of a record whose retention is over, of which tenant they are, and nobody', async () => {
    const { consentId, position } = await grant('RP-1', 'short');
    const { items } = await list({ position });
    const [proposal] = items.filter(({ consentIds }) => consentIds.includes(consentId));
    assert.deepEqual(proposal, {
      overSince: '2021-01-31T00:00:00.000Z',
      forms: [{ formId: 'short', endedAt: '2021-01-01T00:00:00.000Z' }],
      consentIds: [consentId],
    });
    const theirs = await grant('RP-1', 'short', {}, other);
    const b = await officer(service, { tenant: 'tenant-b', subject: 'clerk' });
    assert.deepEqual(
      (await list({ position: theirs.position }, b)).items.map(({ consentIds }) => consentIds),
      [[theirs.consentId]],
    );
    assert.equal(await proposes(theirs.position, theirs.consentId), false);
    assert.equal(service.lines.join('').includes('RP-1'), false);
  });

  it('leave out what is in force, has no period, or one that is not over', async () => {
    const kept = [
      await grant('RP-2', 'short', { period: { start: '2019' } }),
      await grant('RP-3', 'none'),
      await grant('RP-4', 'long'),
      await grant('RP-5', 'short', { form: undefined }),
      await grant('RP-6', 'short', { period: { end: '2999' } }),
    ];
    for (const { consentId, position } of kept) assert.equal(await proposes(position, consentId), false);
    const without = { tenant: 'tenant-c', subject: 'clerk' };
    const token = await service.token(without);
    answered('publishForm', await service.send('POST', '/forms', { body: forms[0], token }));
    const { position } = await grant('RP-2', 'short', {}, token);
    assert.deepEqual((await list({ position }, await officer(service, without))).items, []);
  });

  it('are withdrawn by a new consent, and made again after its withdrawal has taken effect for long enough', async () => {
    const { consentId, position } = await grant('RP-7', 'short');
    assert.equal(await proposes(position, consentId), true);
    const again = await grant('RP-7', 'short', { period: { start: '2019' } });
    assert.equal(await proposes(again.position, consentId), false);
    const body = { patient: patientOf('RP-7'), effectiveAt: '2022-01-01T00:00:00Z' };
    const revoked = await service.post(`/consents/${again.consentId}/revocations`, body);
    assert.equal(await proposes(answered('revokeConsent', revoked).position, consentId), true);
    const recent = await grant('RP-7', 'short', { period: { start: '2019' } });
    const now = await service.post(`/consents/${recent.consentId}/revocations`, { patient: body.patient });
    assert.equal(await proposes(answered('revokeConsent', now).position, consentId), false);
  });

  it('leave out whom a restriction stands for, and whose erasure was asked for and is not decided', async () => {
    const patient = patientOf('RP-8');
    const { consentId, position } = await grant('RP-8', 'short');
    const place = { patient, ground: 'c', reason: 'a claim' };
    const placed = answered('placeRestriction', await service.post('/restrictions', place));
    assert.equal(await proposes(placed.position, consentId), false);
    const path = `/restrictions/${placed.restrictionId}/liftings`;
    const lifted = await service.post(path, { patient, reason: 'settled' });
    assert.equal(await proposes(answered('liftRestriction', lifted).position, consentId), true);

    const terms = { requester: { kind: 'controller' }, ground: 'a' };
    const first = await requested(clerk, patient, terms);
    assert.equal(await proposes(position, consentId), false, 'asked for');
    const read = () => clerk.get(`/erasures/${first}/preview`);
    assert.equal(answered('previewErasure', await read()).retentionOverSince, '2021-01-31T00:00:00.000Z');
    const rejection = { ground: 'exempt', reason: 'an audit is pending' };
    answered('rejectErasure', await head.post(`/erasures/${first}/rejections`, rejection));
    assert.equal(await proposes(position, consentId), true, 'rejected');

    const second = await requested(clerk, patient, terms);
    answered('approveErasure', await approve(head, second));
    await executed(clerk, second);
    assert.equal(await proposes(position, consentId), false, 'erased');
  });

  it('are shown in a preview that still finds them, and not once the person has agreed anew', async () => {
    await grant('RP-9', 'short');
    const erasureId = await requested(clerk, patientOf('RP-9'), { requester: { kind: 'controller' } });
    const over = async () =>
      answered('previewErasure', await clerk.get(`/erasures/${erasureId}/preview`)).retentionOverSince;
    assert.equal(await over(), '2021-01-31T00:00:00.000Z');
    await grant('RP-9', 'short', { period: { end: '2999' } });
    assert.equal(await over(), undefined, 'it will be over, and is not');
    await grant('RP-9', 'short', { period: { start: '2019' } });
    assert.equal(await over(), undefined, 'nothing ends it');
  });

  it('come in pages, by end, that neither repeat nor miss one while others come and go', async () => {
    const ids: string[] = [];
    for (let year = 2000; year < 2007; year += 1) {
      const changes = { signedAt: '1999-01-01', period: { end: `${year}` } };
      ids.push((await grant(`RP-${year}`, 'short', changes)).consentId);
    }
    let { position } = await grant('RP-more', 'short', { signedAt: '1990-01-01', period: { end: '1991' } });
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await list({ limit: 2, cursor, position });
      assert.ok(page.items.length <= 2);
      seen.push(...page.items.flatMap(({ consentIds }) => consentIds));
      cursor = page.next;
      // One that was shown is withdrawn, and one comes before all.
      const shown = ids.indexOf(seen.at(-1) ?? '');
      if (shown >= 0) await grant(`RP-${2000 + shown}`, 'short', { period: { start: '2019' } });
      const changes = { signedAt: '1990-01-01', period: { end: '1990' } };
      ({ position } = await grant(`RP-early-${seen.length}`, 'short', changes));
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      seen.filter((one) => ids.includes(one)),
      ids,
    );
  });

  it('need the scope of the list of erasures, and a query and a cursor that are theirs', async () => {
    const blind = await officer(service, { scope: 'erasures:request consents:search' });
    refusedWith('scope-missing', await blind.get('/erasure-proposals'));
    const reader = await officer(service, { scope: 'erasures:read' });
    assert.equal((await reader.get('/erasure-proposals')).status, 200);
    for (const query of ['limit=0', 'limit=501', 'cursor=x', 'formId=short'])
      refusedWith('invalid-request', await reader.get(`/erasure-proposals?${query}`));
  });
});

it('a request that cannot be read is named to its tenant, which gets no proposals, and is nothing to another', async () => {
  const before = await openTestService({ retention });
  let service = before;
  try {
    const clerkOf = (tenant: string) => officer(service, { tenant, subject: 'clerk' });
    const asked = async (tenant: string, value: string) => {
      const patient = patientOf(value);
      const token = await service.token({ tenant });
      answered('grantConsent', await service.send('POST', '/consents', { body: grantFor(patient), token }));
      return requested(await clerkOf(tenant), patient);
    };
    const broken = await asked('tenant-a', 'U-1');
    const whole = await asked('tenant-a', 'U-2');
    const theirs = await asked('tenant-b', 'U-3');
    await before.stop();
    const ledger = await openLedger(before.config);
    const [recorded] = ledger.store.streamSlice(erasureStream(broken), 0);
    const { type, metadata, data } = recorded!;
    const moved = { id: randomUUID(), type, metadata, data };
    assert.equal((await ledger.store.append(erasureStream(broken), [moved], 0)).outcome, 'appended');
    await ledger.close();
    service = await openTestService({ retention }, before.folder);

    const read = async (tenant: string, path: string) => (await clerkOf(tenant)).get(path);
    const list = async (tenant: string) => {
      const { items, unreadable } = answered('listErasures', await read(tenant, '/erasures'));
      return [items.map(({ erasureId }) => erasureId), unreadable];
    };
    assert.deepEqual(await list('tenant-a'), [[whole], [broken]]);
    assert.deepEqual(await list('tenant-b'), [[theirs], []]);
    const refused = refusedWith('record-unreadable', await read('tenant-a', '/erasure-proposals'));
    assert.match(refused.detail ?? '', new RegExp(broken));
    assert.doesNotMatch(refused.detail ?? '', new RegExp(whole));
    answered('listErasureProposals', await read('tenant-b', '/erasure-proposals'));
  } finally {
    await service.remove();
  }
});

it('nothing is proposed where no retention is set, and a form of a tenant has one period at most', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'config.json');
    const load = async (given: unknown) => {
      await writeFile(file, JSON.stringify({ retention: given }));
      return loadConfig(file, {});
    };
    const usual = await load([]);
    assert.ok(usual.ok && usual.config.retention.length === 0);
    const [first] = retention;
    for (const wrong of [
      [first, first],
      [{ ...first, days: 0 }],
      [{ formId: 'short', days: 1 }],
      { ...first },
    ])
      assert.equal((await load(wrong)).ok, false, JSON.stringify(wrong));
  }));
