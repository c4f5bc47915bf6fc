import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Rule } from '../../schemas/provision.ts';
import { ask, given, granted, id, plain, purpose, told } from './given.ts';

/** Codes 1, 2, ... are met by the items of `known`, and unknown to those of `unsure`. */
const code = (text: string) => ({ code: [{ system: 'urn:codes', code: text }] });
const known = { items: [{ ...plain, ...code('1') }] };
const { code: _, ...withoutCode } = plain;
const unsure = { items: [withoutCode] };

const by = (rules: Rule[], asked: Parameters<typeof told>[1] = known) =>
  told(given(granted('a', { rules })), asked);
const pathsBy = (rules: Rule[], asked: Parameters<typeof told>[1] = known) =>
  ask(given(granted('a', { rules })), asked).basis.flatMap((ground) => ground.rules ?? []);

suite('rules', () => {
  test('S3.1 an absent criterion sets no limit; of a list any value suffices; all criteria are needed', () => {
    assert.equal(by([{ type: 'permit' }]), 'permit: permitted');
    assert.equal(by([{ type: 'permit', code: [...code('2').code, ...code('1').code] }]), 'permit: permitted');
    assert.equal(by([{ type: 'permit', ...code('1'), action: ['collect'] }]), 'deny: not-covered');
  });

  test('S3.1 not met beats unknown, unknown beats met', () => {
    assert.equal(by([{ type: 'deny', ...code('1'), action: ['collect'] }], unsure), 'deny: not-covered');
    assert.equal(
      by([{ type: 'permit', ...code('1'), action: ['use'] }], unsure),
      'deny: missing-information',
    );
  });

  test('S3.2 a rule that is met has the outcome of its exceptions, deny before permit, else its own type', () => {
    assert.equal(by([{ type: 'permit', exceptions: [code('1')] }]), 'deny: refused');
    assert.equal(by([{ type: 'permit', exceptions: [code('2')] }]), 'permit: permitted');
    assert.equal(by([{ type: 'deny', exceptions: [code('1')] }]), 'permit: permitted');
    assert.equal(by([{ type: 'deny', exceptions: [{ exceptions: [code('1')] }, {}] }]), 'deny: refused');
  });

  test('S3.2 an exception of a rule that is not met has no say', () => {
    assert.equal(by([{ type: 'deny', ...code('2'), exceptions: [{}] }]), 'deny: not-covered');
  });

  test('S3.3 a deny that is unknown stays deny, uncertainly', () => {
    assert.equal(by([{ type: 'deny', ...code('1') }], unsure), 'deny: missing-information');
    assert.equal(by([{ type: 'deny', ...code('1') }, { type: 'deny' }], unsure), 'deny: refused');
  });

  test('S3.3 anything else that is unknown becomes no outcome', () => {
    const lost = given(granted('a', { rules: [{ type: 'permit', ...code('1') }], otherwise: 'permit' }));
    assert.deepEqual(ask(lost, unsure).basis, [{ consentId: id('a'), revision: 0, otherwise: true }]);
    const turned: Rule = { type: 'deny', ...code('1'), exceptions: [{}] };
    assert.deepEqual(pathsBy([turned, { type: 'permit' }], unsure), ['rules[1]']);
  });

  test('S3.3 a denial is certain only where no exception could permit', () => {
    assert.equal(by([{ type: 'deny', exceptions: [code('1')] }], unsure), 'deny: missing-information');
    const denyingInTurn = { ...code('1'), exceptions: [{}] };
    assert.equal(by([{ type: 'deny', exceptions: [denyingInTurn] }], unsure), 'deny: refused');
    assert.equal(
      by([{ type: 'deny', exceptions: [code('1'), { exceptions: [{}] }] }], unsure),
      'deny: refused',
    );
    const oneMayPermit: Rule = { type: 'deny', exceptions: [{}, denyingInTurn] };
    assert.equal(by([oneMayPermit], unsure), 'deny: missing-information');
  });

  test('S3.4 rules of one consent stand side by side: deny before permit', () => {
    assert.equal(by([{ type: 'permit' }, { type: 'deny', ...code('1') }]), 'deny: refused');
    assert.equal(by([{ type: 'permit' }, { type: 'deny', ...code('2') }]), 'permit: permitted');
  });

  test('S3.4 an exception beats only the rule it stands in', () => {
    const rules: Rule[] = [{ type: 'deny', exceptions: [code('1')] }, { type: 'deny' }];
    assert.equal(by(rules), 'deny: refused');
    assert.deepEqual(pathsBy(rules), ['rules[1]']);
  });

  test('S3.5 otherwise holds for what the rules do not speak of, within the purposes of the consent', () => {
    const record = given(
      granted('a', {
        purpose: [purpose('TREAT')],
        rules: [{ type: 'permit', ...code('1') }],
        otherwise: 'deny',
      }),
    );
    assert.equal(told(record, known), 'permit: permitted');
    assert.equal(told(record), 'deny: refused');
    assert.equal(told(record, { purpose: purpose('HMARKT') }), 'deny: not-covered');
  });

  test('S3.5 a question above its purposes makes its rules unknown, and otherwise counts only when deny', () => {
    const above = { purpose: purpose('HRESCH') };
    const about = { purpose: [purpose('CLINTRCH')] };
    const saying = (content: object) => told(given(granted('a', { ...about, ...content })), above);
    assert.equal(saying({ rules: [{ type: 'permit' }] }), 'deny: missing-information');
    assert.equal(saying({ rules: [{ type: 'deny' }] }), 'deny: missing-information');
    assert.equal(saying({ otherwise: 'permit' }), 'deny: not-covered');
    assert.equal(saying({ otherwise: 'deny' }), 'deny: missing-information');
  });
});
