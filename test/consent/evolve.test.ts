import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusalOf } from '../../src/consent/decide.ts';
import { evolve, fold, replay } from '../../src/consent/evolve.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import {
  agent,
  asking,
  declared,
  events,
  given,
  granted,
  id,
  invalidated,
  now,
  revoked,
  site,
  told,
} from './given.ts';

suite('evolve', () => {
  test('a record holds all that was recorded about a consent, in both times', () => {
    const record = given(granted('a'), '2026-02-01', revoked('a'), revoked('a', '2026-01-15T00:00:00.000Z'));
    const recordedAt = Date.parse('2026-02-01');
    assert.deepEqual(record.consents[0]?.revocations, [
      { revision: 1, recordedAt, effectiveAt: recordedAt },
      { revision: 2, recordedAt, effectiveAt: Date.parse('2026-01-15') },
    ]);
    assert.deepEqual([record.revision, record.recordedAt], [2, recordedAt]);
  });

  test('S2.2 a revocation recorded before the signing takes effect at the signing', () => {
    const signedAt = '2026-03-01T00:00:00.000Z';
    const record = given(granted('a', { otherwise: 'permit', signedAt }), '2026-02-01', revoked('a'));
    assert.equal(record.consents[0]?.revocations[0]?.effectiveAt, Date.parse(signedAt));
  });

  test('S6.2 the time of an emergency never begins before it was recorded', () => {
    const until = '2026-02-02T00:00:00.000Z';
    const record = given(
      '2026-02-01',
      declared('Practitioner/amy', until, '2026-01-01T00:00:00.000Z'),
      declared('Practitioner/amy', until, '2026-02-01T12:00:00.000Z'),
      declared('Practitioner/amy', until),
    );
    const recorded = Date.parse('2026-02-01');
    assert.deepEqual(
      record.emergencies.map(({ from }) => from),
      [recorded, Date.parse('2026-02-01T12:00:00Z'), recorded],
    );
  });

  test('what a grant was read from is known again, but not kept', () => {
    const fhir = {
      release: 'R5' as const,
      resourceKey: 'https://fhir.example.org|1',
      contentSha256: '0'.repeat(64),
      choices: {},
      resource: { resourceType: 'Consent' },
    };
    const [entry] = given(granted('a', { otherwise: 'permit', fhir })).consents;
    assert.ok(entry);
    assert.equal(entry.grant.resourceKey, fhir.resourceKey);
    assert.equal(entry.grant.contentSha256, fhir.contentSha256);
    assert.ok(!('fhir' in entry.grant) && !('agent' in entry.grant));
  });

  test('the requests of the last day are known again, at most 1,000', () => {
    const request = (index: number, recordedAt: number) => ({
      type: 'ConsentRevoked' as const,
      payload: { consentId: id('a'), agent },
      revision: index,
      recordedAt,
      id: `event-${index}`,
      requestHash: `hash-${index}`,
    });
    const day = 86_400_000;
    const old = fold(emptyRecord, [request(0, now), request(1, now + 1)]);
    assert.deepEqual(
      evolve(old, request(2, now + day)).requests.map(({ hash }) => hash),
      ['hash-1', 'hash-2'],
    );
    const many = replay(Array.from({ length: 1_200 }, (_, index) => request(index, now + index)));
    assert.deepEqual([many.requests.length, many.requests[0]?.hash], [1_000, 'hash-200']);
  });

  test('a record that another came of stays as it was', () => {
    const before = given(granted('a'));
    const copy = structuredClone(before);
    const [, second] = events(granted('a'), revoked('a'));
    assert.ok(second);
    fold(before, [second, ...events('2026-03-01', invalidated('a'))]);
    assert.deepEqual(before, copy);
  });

  test('no events, no other record', () => {
    const before = given(granted('a'));
    assert.equal(fold(before, []), before);
  });

  test('50,000 events of one patient are folded in one go', () => {
    const letters = Array.from({ length: 25_000 }, (_, index) => `${index}`);
    const record = replay(
      letters.flatMap((letter, index) =>
        [granted('a'), revoked('a')].map((fact, half) => ({
          ...fact,
          payload: { ...fact.payload, consentId: letter },
          revision: 2 * index + half,
          recordedAt: now + index,
          id: letter,
        })),
      ) as Parameters<typeof replay>[0],
    );
    assert.equal(record.consents.filter(({ revocations }) => revocations.length === 1).length, 25_000);
  });

  test('S7.2 who was erased is unknown: the record holds nothing, is denied all, and refuses every command', () => {
    const erased = { type: 'PatientErased', payload: { erasureId: id('erasure') } } as const;
    const before = given(granted('a', { otherwise: 'permit' }));
    const record = given(granted('a', { otherwise: 'permit' }), '2026-02-01', erased);
    assert.equal(told(before), 'permit: permitted');
    assert.deepEqual(record, {
      ...emptyRecord,
      revision: 1,
      recordedAt: Date.parse('2026-02-01'),
      erased: { revision: 1, recordedAt: Date.parse('2026-02-01') },
    });
    assert.deepEqual(evolve({ ...before, settledBefore: 0 }, events(granted('a'), erased)[1]!).consents, []);
    for (const unknownPatients of [true, false]) {
      const purposes = [{ purpose: asking().purpose, decision: 'permit' as const }];
      const policy = site({ implicitPolicy: { unknownPatients, purposes } });
      assert.equal(told(record, {}, policy), 'deny: unknown-patient');
      assert.equal(told(record, { knownAt: '2026-01-15' }, policy), 'deny: unknown-patient');
    }
    const refusal = refusalOf(record);
    assert.equal(refusal?.ok === false && refusal.error.code, 'patient-erased');
    assert.equal(refusalOf(before), undefined);
  });
});
