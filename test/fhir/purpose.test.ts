import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concept, grantOf, optIn, purpose, r4, r5, read, refusalOf } from './kit.ts';

const purposes = (...given: Parameters<typeof read>) =>
  grantOf(read(...given)).terms.purpose?.map(({ code }) => code);
const research = concept('consentscope', 'research');
const marketing = [purpose('HMARKT')];

test('S8.3 the purposes of the consent are those of its top rules, where each names some', () => {
  const root = {
    type: 'permit',
    purpose: [purpose('TREAT')],
    provision: [{ type: 'permit', purpose: [...marketing, purpose('TREAT')] }],
  };
  assert.deepEqual(purposes(r4(root), { sameType: 'siblings' }), ['TREAT', 'HMARKT']);
  assert.equal(purposes(r4({ type: 'deny', actor: undefined }, optIn)), undefined);
});

test('S8.3 not where otherwise is the decision of the resource or the type of its own root', () => {
  assert.equal(purposes(r5('permit', [{ purpose: marketing }])), undefined);
  assert.equal(
    purposes(r4({ type: 'permit', provision: [{ type: 'deny', purpose: marketing }] })),
    undefined,
  );
  assert.deepEqual(purposes(r4({ type: 'deny', purpose: marketing }, optIn)), ['HMARKT']);
});

test('S8.3 a scope or category of research without purposes is about HRESCH', () => {
  assert.deepEqual(purposes(r4({ type: 'deny' }, { scope: research })), ['HRESCH']);
  assert.deepEqual(
    purposes(r4({ type: 'deny' }, { category: [concept('consentcategorycodes', 'research')] })),
    ['HRESCH'],
  );
  assert.deepEqual(purposes(r5('permit', undefined, { category: [research] })), ['HRESCH']);
  assert.deepEqual(purposes(r4({ type: 'permit', purpose: [purpose('CLINTRCH')] }, { scope: research })), [
    'CLINTRCH',
  ]);
});

test('S8.3 a research consent that speaks of all is about research and what its rules name, so that each is heard', () => {
  assert.deepEqual(purposes(r5('permit', [{ purpose: marketing }], { category: [research] })), [
    'HRESCH',
    'HMARKT',
  ]);
});

for (const [what, changes] of [
  ['scope treatment', { scope: concept('consentscope', 'treatment') }],
  ['scope advance directive', { scope: concept('consentscope', 'adr') }],
  ['category do not resuscitate', { category: [concept('consentcategorycodes', 'dnr')] }],
] as const) {
  test(`S8.3 ${what}: reported and left`, () => {
    assert.equal(read(r4({ type: 'deny' }, changes)).kind, 'left');
  });
}

test('S8.3 a scope that is not known, or that no rule can say, is refused', () => {
  assert.equal(
    refusalOf(read(r4({ type: 'deny' }, { scope: concept('consentscope', 'other') }))),
    'unreadable Consent.scope',
  );
  assert.equal(refusalOf(read(r4({ type: 'deny' }, { scope: undefined }))), 'unreadable Consent.scope');
  const anonymous = { category: [concept('consentcategorycodes', 'rsdid')] };
  assert.equal(refusalOf(read(r5('permit', undefined, anonymous))), 'unreadable Consent.category');
});
