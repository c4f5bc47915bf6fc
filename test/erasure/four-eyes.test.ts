import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { maybeSamePerson } from '../../src/erasure/four-eyes.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  refusedWith,
  type TestService,
} from '../http/kit.ts';
import { approve, executed, type Officer, officer, requested, terms } from './kit.ts';

const account = (issuer: string, subject: string, person?: string) => ({
  issuer,
  subject,
  ...(person !== undefined && { person }),
});

for (const [one, other, same] of [
  [account('a', 'x'), account('a', 'x'), true],
  [account('a', 'x'), account('a', 'y'), false],
  [account('a', 'x', 'P/1'), account('a', 'x', 'P/2'), true],
  [account('a', 'x', 'P/1'), account('a', 'y', 'P/1'), true],
  [account('a', 'x', 'P/1'), account('b', 'y', 'P/1'), true],
  [account('a', 'x', 'P/1'), account('b', 'x', 'P/2'), false],
  [account('a', 'x'), account('b', 'y'), true],
  [account('a', 'x', 'P/1'), account('b', 'y'), true],
  [account('a', 'x', 'P/1'), account('a', 'y'), false],
] as const)
  it(`${JSON.stringify(one)} and ${JSON.stringify(other)} ${same ? 'may be' : 'are not'} one person`, () => {
    assert.equal(maybeSamePerson(one, other), same);
    assert.equal(maybeSamePerson(other, one), same);
  });

describe('four eyes', () => {
  let service: TestService;
  before(async () => {
    service = await openTestService();
  });
  after(() => service.remove());

  let patients = 0;
  const opened = async (by: Officer) => {
    patients += 1;
    const patient = patientOf(`F-${patients}`);
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    return requested(by, patient);
  };
  const as = (subject: string, options: object = {}) => officer(service, { subject, ...options });

  it('refuse the requester, under another token, another client’s organisation, or another account', async () => {
    const erasureId = await opened(await as('one', { person: 'Practitioner/1' }));
    for (const same of [
      await as('one'),
      await as('one', { minutes: 5 }),
      await as('one', { organisation: 'Organization/b' }),
      await as('one', { person: 'Practitioner/2' }),
      await as('second-account', { person: 'Practitioner/1' }),
    ])
      refusedWith('four-eyes', await approve(same, erasureId));
    answered('approveErasure', await approve(await as('two', { person: 'Practitioner/2' }), erasureId));
  });

  it('see no request of another tenant', async () => {
    const erasureId = await opened(await as('one'));
    const other = await as('two', { tenant: 'tenant-b' });
    const revision = 0;
    refusedWith('erasure-unknown', await other.post(`/erasures/${erasureId}/approvals`, { revision }));
  });

  it('refuse who amended it, and who read it before it was amended', async () => {
    const [one, two, three] = [await as('one'), await as('two'), await as('three')];
    const erasureId = await opened(one);
    const at = `/erasures/${erasureId}`;
    const { revision } = answered('readErasure', await three.get(at));
    answered('amendErasure', await two.post(`${at}/amendments`, { ...terms, ground: 'c' }));
    refusedWith('four-eyes', await approve(two, erasureId));
    refusedWith('four-eyes', await approve(one, erasureId));
    refusedWith('revision-mismatch', await three.post(`${at}/approvals`, { revision }));
    answered('approveErasure', await approve(three, erasureId));
  });

  it('take an approval once: sent again it is the same answer, and for another request it is refused', async () => {
    const [one, two] = [await as('one'), await as('two')];
    const [erasureId, otherId] = [await opened(one), await opened(one)];
    const keyed = { 'idempotency-key': 'approval' };
    const send = (id: string, body: object = { revision: 0 }) =>
      two.post(`/erasures/${id}/approvals`, body, keyed);
    const first = answered('approveErasure', await send(erasureId));
    assert.deepEqual(answered('approveErasure', await send(erasureId)), first);
    refusedWith('idempotency-key-reused', await send(erasureId, { revision: 1 }));
    await clerkAmends(one, otherId);
    refusedWith('revision-mismatch', await send(otherId));
    await executed(one, erasureId);
    assert.deepEqual(answered('approveErasure', await send(erasureId)), first);
    refusedWith('erasure-decided', await two.post(`/erasures/${erasureId}/approvals`, { revision: 0 }));
  });

  const clerkAmends = async (by: Officer, id: string) =>
    answered('amendErasure', await by.post(`/erasures/${id}/amendments`, terms));

  it('hold against many approvals at once: one is taken', async () => {
    const erasureId = await opened(await as('one'));
    const officers = await Promise.all(['two', 'three', 'four', 'one'].map((subject) => as(subject)));
    const all = await Promise.all(
      officers.map((by) => by.post(`/erasures/${erasureId}/approvals`, { revision: 0 })),
    );
    assert.equal(all.filter(({ status }) => status === 201).length, 1);
    assert.notEqual(all[3]!.status, 201);
  });
});
