import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actor, concept, grantOf, purpose, r5, read, refusalOf } from './kit.ts';

const nurse = actor('PRCP', 'Practitioner/n1');
const terms = (resource: unknown) => grantOf(read(resource)).terms;

test('S8.1 the decision is what holds otherwise, and each level of provisions turns it', () => {
  const resource = r5('permit', [
    {
      purpose: [purpose('HMARKT')],
      provision: [{ actor: [nurse], provision: [{ action: [concept('consentaction', 'disclose')] }] }],
    },
  ]);
  assert.deepEqual(terms(resource), {
    signedAt: '2026-03-01',
    otherwise: 'permit',
    rules: [
      {
        type: 'deny',
        purpose: [purpose('HMARKT')],
        exceptions: [
          { recipient: [{ reference: 'Practitioner/n1' }], exceptions: [{ action: ['disclose'] }] },
        ],
      },
    ],
  });
});

test('S8.1 without a provision there is one rule: the decision', () => {
  assert.deepEqual(terms(r5('deny')), { signedAt: '2026-03-01', rules: [{ type: 'deny' }] });
});

test('S8.1 the period of the resource is the consent’s, and does not reach back before it was signed', () => {
  const period = { start: '2020-01-01', end: '2030' };
  const { retroactive, ...rest } = terms(r5('permit', undefined, { period }));
  assert.equal(retroactive, undefined);
  assert.deepEqual(rest, { signedAt: '2026-03-01', period, rules: [{ type: 'permit' }] });
});

for (const [name, resource, path] of [
  ['without a decision', r5('permit', [{ actor: [nurse] }], { decision: undefined }), 'Consent.decision'],
  ['of a decision that is none', r5('maybe'), 'Consent.decision'],
  ['without a date', r5('permit', undefined, { date: undefined }), 'Consent.date'],
  ['with an empty provision', r5('permit', [{}]), 'Consent.provision[0]'],
  ['with an empty list of provisions', r5('permit', []), 'Consent.provision'],
  [
    'with a type in a provision',
    r5('permit', [{ type: 'deny', actor: [nurse] }]),
    'Consent.provision[0].type',
  ],
  [
    'with an expression',
    r5('permit', [{ expression: { language: 'text/cql' } }]),
    'Consent.provision[0].expression',
  ],
] as const) {
  test(`S8.1 a resource ${name} is refused`, () => {
    assert.equal(refusalOf(read(resource)), `unreadable ${path}`);
  });
}
