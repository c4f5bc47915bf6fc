import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { settings } from '../../schemas/settings.ts';
import type { Decided } from '../../src/consent/decide.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { fold } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent, type PatientRecord } from '../../src/consent/state.ts';
import { applyReading, standingUnread } from '../../src/fhir/apply.ts';
import { uuidOf } from '../../src/record/ids.ts';
import { good } from '../record/kit.ts';
import { actor, concept, hl7Examples, optIn, purpose, r4, r5, read } from './kit.ts';

const policy = good(compilePolicy(settings.parse({})));
const now = Date.UTC(2026, 2, 10);
const form = {
  formId: 'urn:oid:1',
  version: '1',
  combining: 'independent' as const,
  textSha256: createHash('sha256').update('form').digest('hex'),
};

/** One patient's record, into which resources are read a minute apart. */
class Ledger {
  record: PatientRecord = emptyRecord;
  at = now;

  import(resource: unknown, given: Parameters<typeof read>[1] = {}, used?: typeof form): readonly Decided[] {
    const reading = read(resource, given);
    if (!('patient' in reading)) return [];
    this.at += 60_000;
    const decided = good(
      applyReading(this.record, reading, {
        policy,
        agent: { issuer: 'https://issuer.example', subject: 'import' },
        now: this.at,
        reportOnly: given?.refused === 'report-only',
        consentIdOf: uuidOf,
        ...(used && { form: used }),
      }),
    );
    const events = decided.map((fact, n): PatientEvent => {
      const revision = this.record.revision + 1 + n;
      return { ...fact, revision, recordedAt: this.at, id: uuidOf(`event ${revision}`) };
    });
    this.record = fold(this.record, events);
    return decided;
  }

  ask(
    recipient: string,
    validAt = new Date(this.at).toISOString(),
    code = 'TREAT',
    more: object = {},
  ): string {
    const question = {
      recipient: { reference: recipient, memberOf: [], roles: [] },
      purpose: purpose(code),
      action: 'access' as const,
      validAt,
      ...more,
    };
    const resolved = good(resolveQuestion(question, policy, this.at));
    const [item] = evaluate(this.record, resolved, policy).items;
    return `${item?.decision} ${item?.reason}`;
  }
}

const types = (decided: readonly Decided[]) => decided.map(({ type }) => type);
const grantIn = (decided: readonly Decided[]): ConsentGranted => {
  const [first] = decided;
  if (first?.type !== 'ConsentGranted') throw new Error('no grant');
  return first.payload;
};
const nurse = actor('PRCP', 'Practitioner/n1');
const allow = r5('permit');
const refuse = r5('deny');

test('S8.5 the same content again: nothing', () => {
  const ledger = new Ledger();
  assert.deepEqual(types(ledger.import(allow)), ['ConsentGranted']);
  assert.deepEqual(ledger.import(structuredClone(allow)), []);
});

test('S8.5 other content: a grant that replaces all that the resource granted', () => {
  const ledger = new Ledger();
  const first = grantIn(ledger.import(allow));
  assert.equal(ledger.ask('Practitioner/n1'), 'permit permitted');
  const second = grantIn(ledger.import(refuse));
  assert.deepEqual(second.replaces, [first.consentId]);
  assert.equal(ledger.ask('Practitioner/n1'), 'deny refused');
  assert.deepEqual(grantIn(ledger.import(r5('permit', [{ actor: [nurse] }]))).replaces, [
    first.consentId,
    second.consentId,
  ]);
  assert.equal(ledger.ask('Practitioner/n2'), 'permit permitted');
});

test('S8.5 a content that it had before another, again: a grant that replaces all', () => {
  const ledger = new Ledger();
  const first = grantIn(ledger.import(refuse));
  const second = grantIn(ledger.import(allow));
  assert.equal(ledger.ask('Practitioner/n1'), 'permit permitted');
  const again = grantIn(ledger.import(refuse));
  assert.deepEqual(again.replaces, [first.consentId, second.consentId]);
  assert.equal(ledger.ask('Practitioner/n1'), 'deny refused');
  assert.deepEqual(ledger.import(refuse), []);
});

test('S8.6 back from what could not be read to what could: it is read again, and blocks nobody', () => {
  const ledger = new Ledger();
  ledger.import(allow);
  ledger.import(r5('permit', [{ expression: {} }]));
  assert.equal(ledger.ask('Practitioner/n1'), 'deny missing-information');
  ledger.import(allow);
  assert.equal(ledger.ask('Practitioner/n1'), 'permit permitted');
});

test('S8.5 resources of other ids and other bases are other resources', () => {
  const ledger = new Ledger();
  const base = 'https://other.example';
  const identifier = { system: 'urn:oid:1', value: '1' };
  const resource = r5('permit', undefined, { subject: { identifier } });
  for (const decided of [
    ledger.import(resource),
    ledger.import({ ...resource, id: 'c2' }),
    ledger.import(resource, { base }),
  ])
    assert.equal(grantIn(decided).replaces, undefined);
});

test('S8.5 a new content whose period is over ends what the resource granted before', () => {
  const ledger = new Ledger();
  ledger.import(allow);
  assert.deepEqual(types(ledger.import(r5('permit', undefined, { period: { end: '2020' } }))), [
    'ConsentGranted',
    'ConsentRevoked',
  ]);
  assert.equal(ledger.ask('Practitioner/n1'), 'deny revoked');
});

test('S8.5 inactive: a revocation of all that the resource granted, once', () => {
  const ledger = new Ledger();
  const inactive = { ...allow, status: 'inactive' };
  assert.deepEqual(ledger.import(inactive), []);
  ledger.import(allow);
  ledger.import(refuse);
  assert.deepEqual(types(ledger.import(inactive)), ['ConsentRevoked', 'ConsentRevoked']);
  assert.deepEqual(ledger.import(inactive), []);
  assert.equal(ledger.ask('Practitioner/n1', '2026-03-09'), 'deny refused');
  assert.equal(ledger.ask('Practitioner/n1'), 'deny revoked');
});

test('S8.5 inactive: what was signed for a time to come is revoked once too', () => {
  const ledger = new Ledger();
  ledger.import(r5('permit', undefined, { date: '2030' }));
  const inactive = { ...allow, status: 'inactive' };
  assert.deepEqual(types(ledger.import(inactive)), ['ConsentRevoked']);
  assert.deepEqual(ledger.import(inactive), []);
});

test('S8.5 entered-in-error: an invalidation of all that the resource granted, once', () => {
  const ledger = new Ledger();
  ledger.import(allow);
  const mistaken = { ...allow, status: 'entered-in-error' };
  assert.deepEqual(types(ledger.import(mistaken)), ['ConsentInvalidated']);
  assert.deepEqual(ledger.import(mistaken), []);
  assert.equal(ledger.ask('Practitioner/n1', '2026-03-09'), 'deny no-consent');
});

test('S8.6 what is refused is recorded without a period, replaces nothing, and denies what was permitted', () => {
  const ledger = new Ledger();
  ledger.import(allow);
  const refusedLater = r5('permit', [{ actor: [nurse], expression: {} }]);
  const unread = grantIn(ledger.import(refusedLater));
  assert.deepEqual(unread.unreadable, {
    path: 'Consent.provision[0].expression',
    reason: 'an element that cannot be expressed',
  });
  const { replaces, period, rules, otherwise } = unread;
  assert.deepEqual(
    { replaces, period, rules, otherwise },
    { replaces: undefined, period: undefined, rules: undefined, otherwise: undefined },
  );
  assert.equal(unread.signedAt, '2026-03-01T00:00:00.000Z');
  assert.deepEqual(unread.fhir?.resource, refusedLater);
  assert.equal(ledger.ask('Practitioner/n2'), 'deny missing-information');
  assert.deepEqual(
    standingUnread(ledger.record, 'urn:consent-ledger:fhir/Consent/c1', ledger.at),
    unread.unreadable,
  );
});

test('S8.6 without a date it is signed when it is recorded', () => {
  const ledger = new Ledger();
  const { signedAt } = grantIn(ledger.import({ ...allow, date: undefined }));
  assert.equal(signedAt, new Date(ledger.at).toISOString());
});

test('S8.5 S8.6 what was unreadable is read again, and its reading replaces it', () => {
  const ledger = new Ledger();
  const ambiguous = r4({ actor: [nurse] }, optIn);
  const unread = grantIn(ledger.import(ambiguous));
  assert.deepEqual(ledger.import(ambiguous), []);
  const reading = grantIn(ledger.import(ambiguous, { untypedRoot: 'as-exception' }));
  assert.deepEqual(reading.replaces, [unread.consentId]);
  assert.equal(reading.fhir?.choices.untypedRoot, 'as-exception');
  assert.equal(ledger.ask('Practitioner/n1'), 'deny refused');
  assert.equal(ledger.ask('Practitioner/n2'), 'permit permitted');
  assert.deepEqual(ledger.import(ambiguous), []);
  assert.deepEqual(ledger.import(ambiguous, { untypedRoot: 'as-base' }), []);
});

test('S8.6 what the policy cannot hold is refused with the element that says it', () => {
  const strange = { system: 'http://strange.example', code: 'x' };
  const nested = r5('deny', [
    { actor: [nurse] },
    { actor: [nurse], provision: [{ securityLabel: [purpose('PSY'), strange] }] },
  ]);
  const pathOf = (resource: unknown) => grantIn(new Ledger().import(resource)).unreadable?.path;
  assert.equal(pathOf(nested), 'Consent.provision[1].provision[0].securityLabel[0]');
  assert.equal(
    pathOf(r5('deny', [{ purpose: [purpose('TREAT'), strange] }])),
    'Consent.provision[0].purpose[1]',
  );
  assert.equal(pathOf(r4({ type: 'deny', purpose: [strange] })), 'Consent.provision.purpose');
  assert.equal(
    pathOf(r4({ type: 'deny', period: { start: '2026', end: '2025' } })),
    'Consent.provision.period',
  );
  assert.equal(pathOf(r5('deny', undefined, { period: { start: '2026', end: '2025' } })), 'Consent.period');
});

test('S8.6 where refusals are only reported, they change nothing', () => {
  const backward = r5('deny', undefined, { period: { start: '2026', end: '2025' } });
  const reading = read(backward, { refused: 'report-only' });
  assert.ok('patient' in reading);
  const applied = applyReading(emptyRecord, reading, {
    policy,
    agent: { issuer: 'a', subject: 'b' },
    now,
    reportOnly: true,
    consentIdOf: uuidOf,
  });
  assert.equal(!applied.ok && applied.error.pointer, 'Consent.period');
});

test('S8.5 the form that policy.uri names is that of the consent, and one that is not published is refused', () => {
  const resource = r4({ type: 'permit' }, { policy: [{ uri: 'urn:oid:1' }] });
  assert.equal(grantIn(new Ledger().import(resource)).form, undefined);
  assert.deepEqual(grantIn(new Ledger().import(resource, { policyUri: 'as-form' }, form)).form, form);
  assert.equal(
    grantIn(new Ledger().import(resource, { policyUri: 'as-form' })).unreadable?.path,
    'Consent.policy[0].uri',
  );
});

const example = (name: string): Ledger => {
  const ledger = new Ledger();
  ledger.import(hl7Examples.get(name));
  return ledger;
};

test('S8.1 R5 notThem answers: everybody but one nurse, and her only for what is not refused', () => {
  const ledger = example('r5/notThem');
  assert.equal(ledger.ask('Practitioner/f204'), 'deny refused');
  assert.equal(ledger.ask('Practitioner/f001'), 'permit permitted');
  assert.equal(
    ledger.ask('Practitioner/f204', undefined, 'TREAT', { action: 'disclose' }),
    'permit permitted',
  );
  assert.equal(ledger.ask('Practitioner/f001', '2018-12-23'), 'deny not-yet-valid');
});

test('S8.1 R5 basic answers: permitted to its end, that day included, and denied after', () => {
  const ledger = example('r5/basic');
  assert.equal(ledger.ask('Practitioner/f001', '2019-01-01T23:59:59Z'), 'permit permitted');
  assert.equal(ledger.ask('Practitioner/f001', '2019-01-02'), 'deny refused');
});

test('S8.1 R5 notThis answers: all but what belongs to one prescription', () => {
  const ledger = example('r5/notThis');
  const about = (item: object) => ledger.ask('Practitioner/f001', undefined, 'TREAT', { items: [item] });
  assert.equal(about({ reference: 'MedicationRequest/medrx0305' }), 'deny refused');
  assert.equal(about({ reference: 'Task/1', related: ['MedicationRequest/medrx0305'] }), 'deny refused');
  assert.equal(about({ reference: 'Task/1', related: [] }), 'permit permitted');
  assert.equal(about({ reference: 'Task/1' }), 'deny missing-information');
});

test('S8.1 R5 smartonfhir answers: within its half hour only what it names', () => {
  const ledger = example('r5/smartonfhir');
  const at = (validAt: string, code: string) =>
    ledger.ask('Device/app', validAt, 'TREAT', {
      items: [{ class: [{ system: 'http://hl7.org/fhir/resource-types', code }] }],
    });
  assert.equal(at('2016-06-23T17:10:00+10:00', 'MedicationRequest'), 'permit permitted');
  assert.equal(at('2016-06-23T17:10:00+10:00', 'Observation'), 'deny refused');
  assert.equal(at('2016-06-23T17:40:00+10:00', 'Observation'), 'permit permitted');
});

test('S8.1 R5 pkb answers: what is normal and not of a sensitive kind, to one organisation', () => {
  const ledger = example('r5/pkb');
  const about = (labels: object[]) =>
    ledger.ask('Organization/f001', undefined, 'TREAT', { items: [{ labels }] });
  // Its own exceptions take back each label that it permits, N among them.
  assert.equal(
    about([{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }]),
    'deny refused',
  );
  assert.equal(about([]), 'deny refused');
});

test('S8.2 R4 examples that are refused deny, and read they answer', () => {
  const ledger = example('r4/notThem');
  assert.equal(ledger.ask('Practitioner/f204'), 'deny missing-information');
  ledger.import(hl7Examples.get('r4/notThem'), { untypedRoot: 'as-exception' });
  assert.equal(ledger.ask('Practitioner/f204'), 'deny refused');
  assert.equal(ledger.ask('Practitioner/f001'), 'permit permitted');
});

test('S8.3 a research consent denies otherwise within research, and says nothing of treatment', () => {
  const ledger = new Ledger();
  const research = { scope: concept('consentscope', 'research') };
  ledger.import(r4({ type: 'deny', provision: [{ type: 'permit', actor: [nurse] }] }, research));
  assert.equal(ledger.ask('Practitioner/n1', undefined, 'CLINTRCH'), 'permit permitted');
  assert.equal(ledger.ask('Practitioner/n2', undefined, 'CLINTRCH'), 'deny refused');
  assert.equal(ledger.ask('Practitioner/n1', undefined, 'TREAT'), 'deny not-covered');
});
