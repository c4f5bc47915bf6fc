import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiRoutes } from '../../schemas/http/routes.ts';
import { checkShape } from '../../src/http/check-shape.ts';

const canary = 'Canary-Mustermann';
const errorsOf = (value: unknown) => {
  const checked = checkShape(apiRoutes.grantConsent.body, value, 'body');
  assert.ok(!checked.ok);
  assert.ok(!JSON.stringify(checked.error).includes('Canary'), JSON.stringify(checked.error));
  return checked.error.errors!.map(({ pointer, rule }) => `${pointer} ${rule}`);
};
const good = {
  patient: { system: 'urn:x', value: canary },
  signedAt: '2026-03-01',
  rules: [{ type: 'permit' }],
};

describe('the check of a shape', () => {
  it('accepts what the contract allows', () => {
    assert.ok(checkShape(apiRoutes.grantConsent.body, good, 'body').ok);
  });

  it('names each member that breaks a rule, by pointer and rule, and repeats nothing that was sent', () => {
    assert.deepEqual(errorsOf({ ...good, signedAt: canary }), ['/signedAt invalid-format']);
    assert.deepEqual(errorsOf({ ...good, signedAt: 7, rules: [] }), [
      '/signedAt invalid-type',
      '/rules too-small',
    ]);
    assert.deepEqual(errorsOf({ ...good, rules: [{ type: canary }] }), ['/rules/0/type invalid-value']);
    assert.deepEqual(errorsOf({ ...good, consentId: canary }), ['/consentId invalid-format']);
    assert.deepEqual(errorsOf({ ...good, period: {} }), ['/period custom']);
    assert.deepEqual(errorsOf({ patient: good.patient, signedAt: '2026' }), [' custom']);
    assert.deepEqual(errorsOf(canary), [' invalid-type']);
    assert.deepEqual(errorsOf([canary]), [' invalid-type']);
    assert.deepEqual(errorsOf(null), [' invalid-type']);
  });

  it('refuses members that are not known, at any depth, without naming them', () => {
    assert.deepEqual(errorsOf({ ...good, [canary]: 1 }), [' unrecognized-keys']);
    assert.deepEqual(errorsOf({ ...good, patient: { ...good.patient, [canary]: 1 } }), [
      '/patient unrecognized-keys',
    ]);
    const exceptions = [{ exceptions: [{ [canary]: canary }] }];
    assert.deepEqual(errorsOf({ ...good, rules: [{ type: 'permit', exceptions }] }), [
      '/rules/0/exceptions/0/exceptions/0 unrecognized-keys',
    ]);
    assert.deepEqual(errorsOf(JSON.parse(`{"__proto__":{"a":1},${JSON.stringify(good).slice(1)}`)), [
      ' unrecognized-keys',
    ]);
  });

  it('tells what is known instead', () => {
    const checked = checkShape(apiRoutes.replayDecision.body, { patient: good.patient, extra: 1 }, 'body');
    assert.ok(!checked.ok);
    assert.match(checked.error.errors![0]!.detail, /known are: patient$/);
  });

  it('names no more than twenty', () => {
    const rules = Array.from({ length: 50 }, () => ({ type: canary }));
    assert.equal(errorsOf({ ...good, rules }).length, 20);
  });
});
