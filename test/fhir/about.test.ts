import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importChoices } from '../../src/fhir/choices.ts';
import { actor, concept, grantOf, r4, r5, read, refusalOf } from './kit.ts';

const base = 'https://fhir.example/r5';
const patientOf = (subject: unknown, given: Parameters<typeof read>[1] = {}) => {
  const reading = read(r5('permit', undefined, { subject }), given);
  return 'patient' in reading ? reading.patient : reading.kind;
};

test('S8.5 a patient is known by identifier, else by reference under the base', () => {
  const identifier = { system: 'urn:oid:1.2', value: '7' };
  assert.deepEqual(patientOf({ reference: 'Patient/p1', identifier }), identifier);
  assert.deepEqual(patientOf({ identifier }), identifier);
  assert.deepEqual(patientOf({ reference: 'Patient/p1', identifier: { value: '7' } }), {
    system: 'urn:consent-ledger:fhir',
    value: 'Patient/p1',
  });
});

test('S8.5 the same patient however the reference is written', () => {
  const named = { system: base, value: 'Patient/p1' };
  for (const reference of ['Patient/p1', `${base}/Patient/p1`, `${base}/Patient/p1/_history/3`]) {
    assert.deepEqual(patientOf({ reference }, { base }), named);
  }
  assert.equal(importChoices.parse({ base: `${base}/` }).base, base);
});

test('S8.6 whom nobody can name is only reported', () => {
  for (const subject of [
    undefined,
    { reference: 'Group/g1' },
    { reference: '#p1' },
    { display: 'Eve' },
    { type: 'Group', identifier: { system: 'a', value: 'b' } },
  ]) {
    assert.equal(patientOf(subject), 'refused');
  }
});

test('S8.4 references of rules are relative to the base of their server', () => {
  const provision = [{ actor: [actor('PRCP', `${base}/Practitioner/n1`)] }];
  assert.deepEqual(grantOf(read(r5('deny', provision), { base })).terms.rules[0]?.recipient, [
    { reference: 'Practitioner/n1' },
  ]);
});

test('S8 the release is told apart by its elements, or is the one given', () => {
  const release = (resource: unknown, given?: 'R4' | 'R5') => {
    const reading = read(resource, given && { release: given });
    return 'source' in reading ? `${reading.kind} ${reading.source.release}` : reading.kind;
  };
  assert.equal(release(r4({ type: 'deny' })), 'grant R4');
  assert.equal(release(r5('deny')), 'grant R5');
  assert.equal(release(r5('deny'), 'R4'), 'unreadable R4');
  assert.equal(release(r4({ type: 'deny' }, { subject: { reference: 'Patient/p2' } })), 'unreadable R4');
});

test('S8.5 only active is granted; inactive revokes, entered-in-error invalidates, others are left', () => {
  const kind = (status: string) => read(r4({ garbage: true }, { status })).kind;
  assert.equal(kind('inactive'), 'revoke');
  assert.equal(kind('entered-in-error'), 'invalidate');
  for (const status of ['draft', 'proposed', 'rejected', 'not-done', 'unknown'])
    assert.equal(kind(status), 'left');
});

test('S8.5 an end that is modified in a way not known is not carried out', () => {
  const ended = (changes: object) =>
    refusalOf(read(r5('deny', undefined, { status: 'inactive', ...changes })));
  assert.equal(ended({ modifierExtension: [{ url: 'x' }] }), 'unreadable Consent.modifierExtension');
  assert.equal(ended({ implicitRules: 'http://a.example' }), 'unreadable Consent.implicitRules');
});

test('S8.5 policy.uri names the form only where the operator says so', () => {
  const resource = r4({ type: 'deny' }, { policy: [{ authority: 'x' }, { uri: 'urn:oid:1' }] });
  assert.equal(grantOf(read(resource)).terms.form, undefined);
  assert.deepEqual(grantOf(read(resource, { policyUri: 'as-form' })).terms.form, {
    uri: 'urn:oid:1',
    path: 'Consent.policy[1].uri',
  });
  const two = r4({ type: 'deny' }, { policy: [{ uri: 'urn:oid:1' }, { uri: 'urn:oid:2' }] });
  assert.equal(refusalOf(read(two, { policyUri: 'as-form' })), 'unreadable Consent.policy[1].uri');
  const basis = r5('deny', undefined, { policyBasis: { uri: 'urn:oid:3' } });
  assert.equal(grantOf(read(basis, { policyUri: 'as-form' })).terms.form?.uri, 'urn:oid:3');
});

test('S8.6 what is refused is unreadable, signed at the resource’s date if it has one, or only reported', () => {
  const resource = r4({ type: 'deny', secret: 1 });
  const reading = read(resource);
  assert.equal(reading.kind === 'unreadable' && reading.signedAt, '2026-03-01');
  const undated = read(r4({ type: 'deny' }, { dateTime: 'yesterday' }));
  assert.equal(undated.kind === 'unreadable' && undated.signedAt, undefined);
  assert.equal(refusalOf(read(resource, { refused: 'report-only' })), 'refused Consent.provision.secret');
});

test('S8.6 a reason says nothing of what the resource says', () => {
  const reading = read(
    r5('deny', [{ purpose: [{ system: 'SECRET', code: 7 }], action: [concept('SECRET', 'SECRET')] }]),
  );
  assert.ok(
    reading.kind === 'unreadable' && !JSON.stringify([reading.path, reading.reason]).includes('SECRET'),
  );
});

test('S8.7 every choice is in what is recorded, with the resource, its key and its hash', () => {
  const { source } = grantOf(read(r4({ type: 'deny' }), { untypedRoot: 'as-base' }));
  assert.deepEqual(source.choices, {
    release: 'auto',
    base: 'urn:consent-ledger:fhir',
    untypedRoot: 'as-base',
    sameType: 'refuse',
    policyUri: 'keep',
    refused: 'record',
  });
  assert.equal(source.resourceKey, 'urn:consent-ledger:fhir/Consent/c1');
  assert.match(source.contentSha256, /^[0-9a-f]{64}$/);
  const { id, ...rest } = source.resource;
  assert.equal(grantOf(read({ ...rest, id })).source.contentSha256, source.contentSha256);
});
