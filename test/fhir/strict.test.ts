import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  actor,
  concept,
  grantOf,
  hl7Examples,
  purpose,
  r4,
  r5,
  read,
  refusalOf,
  terminology,
} from './kit.ts';

const nurse = actor('PRCP', 'Practitioner/n1');
const rule = (provision: object) => grantOf(read(r5('deny', [{ ...provision }]))).terms.rules[0];
const role = (system: string, code: string) => ({ role: concept(system, code) });

test('S8.4 actors: custodian, author, and recipients by reference', () => {
  const parts = [
    actor('CST', 'Organization/o1'),
    actor('AUT', 'Practitioner/a1'),
    nurse,
    actor('IRCP', 'Practitioner/n2'),
  ];
  assert.deepEqual(rule({ actor: parts }), {
    type: 'permit',
    custodian: ['Organization/o1'],
    author: ['Practitioner/a1'],
    recipient: [{ reference: 'Practitioner/n1' }, { reference: 'Practitioner/n2' }],
  });
});

test('S8.4 a functional role is a recipient by role, also of those whom a reference names', () => {
  const attending = terminology('v3-ParticipationFunction', 'ATTPHYS');
  const byRole = role('v3-ParticipationFunction', 'ATTPHYS');
  assert.deepEqual(rule({ actor: [byRole, { ...byRole, reference: { reference: 'Organization/o1' } }] }), {
    type: 'permit',
    recipient: [{ role: attending }, { role: attending, reference: 'Organization/o1' }],
  });
});

test('S8.4 class of R4, resourceType and documentType of R5 are classes, also without a system', () => {
  const type = [{ code: 'Observation' }, { system: 'http://hl7.org/fhir/resource-types', code: 'Condition' }];
  assert.deepEqual(rule({ resourceType: type }), { type: 'permit', class: type });
  assert.deepEqual(rule({ documentType: type }), { type: 'permit', class: type });
  assert.deepEqual(grantOf(read(r4({ type: 'deny', class: type }))).terms.rules, [
    { type: 'deny', class: type },
  ]);
});

test('S8.4 every other criterion is read as it is', () => {
  const label = terminology('v3-Confidentiality', 'R');
  const loinc = { system: 'http://loinc.org', code: '34133-9' };
  const data = [{ meaning: 'dependents', reference: { reference: 'Task/t1', display: 'a task' } }];
  const read = rule({
    period: { start: '2026', end: '2027-01' },
    action: [concept('consentaction', 'use')],
    securityLabel: [{ ...label, display: 'restricted', version: '1' }],
    purpose: [purpose('TREAT')],
    code: [{ text: 'a summary', coding: [loinc, { system: 'http://snomed.info/sct', code: '1' }] }],
    dataPeriod: { end: '2020' },
    data,
  });
  assert.deepEqual(read, {
    type: 'permit',
    period: { start: '2026', end: '2027-01' },
    action: ['use'],
    label: [label],
    purpose: [purpose('TREAT')],
    code: [loinc, { system: 'http://snomed.info/sct', code: '1' }],
    dataPeriod: { end: '2020' },
    data: [{ meaning: 'dependents', reference: 'Task/t1' }],
  });
});

const refused: readonly [what: string, provision: Record<string, unknown>, path: string][] = [
  [
    'resourceType and documentType in one',
    { resourceType: [{ code: 'A' }], documentType: [{ code: 'B' }] },
    'documentType',
  ],
  ['an actor of another part', { actor: [nurse, actor('WIT', 'Practitioner/n2')] }, 'actor[1].role'],
  [
    'an actor of a code of another system',
    { actor: [{ ...nurse, role: concept('other', 'PRCP') }] },
    'actor[0].role',
  ],
  [
    'an actor of two parts',
    {
      actor: [
        {
          ...nurse,
          role: {
            coding: [
              ...concept('v3-ParticipationType', 'PRCP').coding,
              ...concept('v3-ParticipationType', 'CST').coding,
            ],
          },
        },
      ],
    },
    'actor[0].role',
  ],
  ['an actor without a role', { actor: [{ reference: nurse.reference }] }, 'actor[0].role'],
  ['a role as text', { actor: [{ ...nurse, role: { text: 'nurse' } }] }, 'actor[0].role.coding'],
  [
    'a recipient without a reference',
    { actor: [role('v3-ParticipationType', 'PRCP')] },
    'actor[0].reference',
  ],
  [
    'a recipient by identifier',
    { actor: [{ ...nurse, reference: { identifier: { value: '1' } } }] },
    'actor[0].reference.reference',
  ],
  ['a contained recipient', { actor: [actor('PRCP', '#n1')] }, 'actor[0].reference.reference'],
  ['an action of another system', { action: [concept('other', 'access')] }, 'action[0]'],
  ['an unknown action', { action: [concept('consentaction', 'sell')] }, 'action[0]'],
  ['a purpose without a system', { purpose: [{ code: 'TREAT' }] }, 'purpose[0].system'],
  ['a label without a code', { securityLabel: [{ system: 'http://a.example' }] }, 'securityLabel[0].code'],
  ['a code as text', { code: [{ text: 'summary' }] }, 'code[0].coding'],
  [
    'data of another meaning',
    { data: [{ meaning: 'like', reference: { reference: 'Task/1' } }] },
    'data[0].meaning',
  ],
  ['data without a reference', { data: [{ meaning: 'instance' }] }, 'data[0].reference'],
  ['a period without an end and a start', { period: {} }, 'period'],
  ['a date that is none', { period: { start: '01.03.2026' } }, 'period.start'],
  [
    'an end that is absent for a reason',
    { period: { start: '2026', _end: { extension: [{ url: 'x' }] } } },
    'period._end',
  ],
  ['an empty list', { purpose: [] }, 'purpose'],
  ['a null', { purpose: [null] }, 'purpose[0]'],
  ['an object in place of a list', { purpose: purpose('TREAT') }, 'purpose'],
  ['an unknown element', { except: [] }, 'except'],
  ['an unknown element of an element', { actor: [{ ...nurse, only: true }] }, 'actor[0].only'],
  ['a class of R4', { class: [{ code: 'A' }] }, 'class'],
  ['a modifierExtension', { modifierExtension: [{ url: 'x' }] }, 'modifierExtension'],
  [
    'a modifierExtension of an actor',
    { actor: [{ ...nurse, modifierExtension: [{ url: 'x' }] }] },
    'actor[0].modifierExtension',
  ],
];
for (const [what, provision, path] of refused) {
  test(`S8.4 ${what} is refused with its path, at every level`, () => {
    assert.equal(refusalOf(read(r5('deny', [provision]))), `unreadable Consent.provision[0].${path}`);
    const nested = r5('deny', [{ actor: [nurse] }, { provision: [provision] }]);
    assert.equal(refusalOf(read(nested)), `unreadable Consent.provision[1].provision[0].${path}`);
  });
}

const refusedAround: readonly [what: string, changes: Record<string, unknown>, path: string][] = [
  ['a modifierExtension of the resource', { modifierExtension: [{ url: 'x' }] }, 'modifierExtension'],
  [
    'a modifierExtension of its policy',
    { policyBasis: { modifierExtension: [{ url: 'x' }] } },
    'policyBasis.modifierExtension',
  ],
  ['implicitRules', { implicitRules: 'http://a.example/rules' }, 'implicitRules'],
  [
    'what was not verified',
    { verification: [{ verified: true }, { verified: false }] },
    'verification[1].verified',
  ],
  ['an element of R4', { scope: concept('consentscope', 'research') }, 'scope'],
  ['an unknown status', { status: 'actve' }, 'status'],
  ['no status', { status: undefined }, 'status'],
  ['no id', { id: undefined }, 'id'],
];
for (const [what, changes, path] of refusedAround) {
  test(`S8.6 a resource with ${what} is refused with its path`, () => {
    assert.equal(refusalOf(read(r5('permit', undefined, changes))), `unreadable Consent.${path}`);
  });
}

test('S8.4 what is kept and not judged changes nothing', () => {
  const plain = r5('deny', [{ actor: [nurse] }]);
  const kept = {
    ...plain,
    meta: { versionId: '7' },
    text: { status: 'generated', div: '<div/>' },
    contained: [{ resourceType: 'Patient', modifierExtension: [{ url: 'x' }] }],
    extension: [{ url: 'x' }],
    controller: [{ reference: 'Organization/o1' }],
    grantor: [{ reference: 'Patient/p1' }],
    sourceAttachment: [{ title: 'the form' }],
    policyText: [{ reference: 'DocumentReference/1' }],
    verification: [{ verified: true }],
    _date: { extension: [{ url: 'x' }] },
    provision: [{ id: 'a', extension: [{ url: 'x' }], actor: [{ ...nurse, id: 'b' }] }],
  };
  assert.deepEqual(grantOf(read(kept)).terms, grantOf(read(plain)).terms);
  assert.deepEqual(grantOf(read(kept)).source.resource, kept);
});

test('S8 a rule less is never read: what is taken out of a provision is missed, what is added is refused', () => {
  const names = fc
    .string({ minLength: 1 })
    .filter((name) => !['id', 'extension', 'provision'].includes(name));
  fc.assert(
    fc.property(names, fc.jsonValue(), (name, value) => {
      const provision = { actor: [nurse], [name]: value };
      const reading = read(r5('deny', [provision]));
      const known =
        /^(period|actor|action|securityLabel|purpose|documentType|resourceType|code|dataPeriod|data)$/;
      const extended = name.startsWith('_') && name.slice(1) in provision;
      assert.ok(known.test(name) || extended || reading.kind === 'unreadable');
    }),
  );
});

test('S8 whatever the input is, reading it gives a reading', () => {
  const examples = fc.constantFrom(...hl7Examples.values());
  fc.assert(
    fc.property(
      examples,
      fc.constantFrom(
        'provision',
        'patient',
        'subject',
        'id',
        'status',
        'scope',
        'category',
        'policyRule',
        'date',
        'dateTime',
        'decision',
        'policy',
        'verification',
      ),
      fc.jsonValue(),
      (example, name, value) => {
        assert.ok(
          read(
            { ...example, [name]: value },
            { policyUri: 'as-form', sameType: 'siblings', untypedRoot: 'as-base' },
          ).kind,
        );
      },
    ),
    { numRuns: 500 },
  );
  for (const value of [undefined, null, 1, 'Consent', [], {}]) assert.equal(read(value).kind, 'left');
});

test('S8 a resource that is nested without end, or holds no Unicode, is refused', () => {
  let provision: object = { actor: [nurse] };
  for (let depth = 0; depth < 20_000; depth += 1) provision = { provision: [provision] };
  assert.equal(refusalOf(read(r5('deny', [provision as Record<string, unknown>]))), 'refused Consent');
  assert.equal(refusalOf(read(r5('deny', undefined, { language: '\ud800' }))), 'refused Consent');
});
