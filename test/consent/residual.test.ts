import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Question, Verdict } from '../../schemas/decision.ts';
import type { Rule } from '../../schemas/provision.ts';
import { ask, form, given, granted, id, plain, purpose, sensitivity, told } from './given.ts';

const permit: Rule = { type: 'permit' };
const deny: Rule = { type: 'deny' };
const code = (text: string) => ({ code: [{ system: 'urn:codes', code: text }] });
const { code: _code, labels: _labels, author: _author, ...unread } = plain;
const before: Partial<Question> = { items: [unread], enforces: ['code', 'labels'] };

const residual = (record: Parameters<typeof ask>[0], asked = before): Verdict['residual'] => {
  const { decision, reason, residual: left } = ask(record, asked);
  assert.deepEqual([decision, reason], ['conditional', 'conditional']);
  return left;
};

suite('residual', () => {
  test('S7.7 what is decided is left out, and what the asker enforces stays', () => {
    const rules: Rule[] = [
      { ...permit, purpose: [purpose('TREAT')], ...code('1'), exceptions: [{ label: [sensitivity('HIV')] }] },
      { ...permit, action: ['collect'] },
    ];
    assert.deepEqual(residual(given(granted('a', { rules, otherwise: 'deny' }))), {
      rules: [{ ...permit, ...code('1'), exceptions: [{ label: [sensitivity('HIV')] }] }],
      otherwise: 'deny',
    });
  });

  test('S7.7 where another attribute is unknown too, a permit is lost and a denial stays', () => {
    const author = ['Practitioner/bob'];
    const rules: Rule[] = [
      { ...permit, ...code('1'), author },
      { ...deny, ...code('2'), author },
      { ...permit, ...code('3') },
    ];
    assert.deepEqual(residual(given(granted('a', { rules }))), {
      rules: [
        { ...deny, ...code('2') },
        { ...permit, ...code('3') },
      ],
      otherwise: 'deny',
    });
  });

  test('S7.7 within a rule an uncertain denial counts as if it were met, and an uncertain permit where it denies', () => {
    const author = ['Practitioner/bob'];
    const rules: Rule[] = [
      { ...permit, ...code('1'), exceptions: [{ ...code('2'), author }] },
      { ...deny, ...code('3'), exceptions: [{ author }, { ...code('4'), author, exceptions: [code('5')] }] },
    ];
    assert.deepEqual(residual(given(granted('a', { rules }))), {
      rules: [
        { ...permit, ...code('1'), exceptions: [code('2')] },
        { ...deny, ...code('3'), exceptions: [{ ...code('4'), exceptions: [{}] }] },
      ],
      otherwise: 'deny',
    });
    const onlyDenying: Rule = { ...deny, exceptions: [{ ...code('4'), author, exceptions: [code('5')] }] };
    assert.equal(told(given(granted('a', { rules: [onlyDenying] })), before), 'deny: missing-information');
  });

  test('S7.7 its basis names the rules that are left, and who says otherwise', () => {
    const record = given(
      granted('a', { rules: [{ ...permit, action: ['collect'] }], otherwise: 'deny' }),
      granted('b', {
        rules: [
          { ...permit, action: ['collect'] },
          { ...permit, ...code('1') },
        ],
        signedAt: '2026-02-01T00:00:00.000Z',
      }),
    );
    assert.deepEqual(ask(record, before).basis, [
      { consentId: id('a'), revision: 0, otherwise: true },
      { consentId: id('b'), revision: 1, rules: ['rules[1]'] },
    ]);
  });

  test('S7.7 where nothing could be permitted it is deny, where everything is it is permit', () => {
    const listed = { ...permit, ...code('1') };
    assert.equal(
      told(given(granted('a', { rules: [listed] }), granted('b', { rules: [deny] })), before),
      'deny: refused',
    );
    assert.equal(told(given(granted('a', { rules: [permit, listed] })), before), 'permit: permitted');
    assert.equal(
      told(given(granted('a', { rules: [listed] })), { items: [unread] }),
      'deny: missing-information',
    );
  });

  test('S7.7 the permits of a consent that a later list limits do not count, its denials do', () => {
    const record = given(
      granted('a', {
        rules: [
          { ...permit, exceptions: [code('1')] },
          { ...deny, ...code('2') },
        ],
      }),
      granted('b', {
        rules: [{ ...permit, ...code('3') }],
        otherwise: 'deny',
        signedAt: '2026-02-01T00:00:00.000Z',
      }),
    );
    assert.deepEqual(residual(record), {
      rules: [
        { ...deny, ...code('2') },
        { ...permit, ...code('3'), exceptions: [{ exceptions: [{}, { exceptions: [code('1')] }] }] },
      ],
      otherwise: 'deny',
    });
  });

  test('S7.7 all denials of an overlay form count, as any of its consents may be the one that is heard', () => {
    const overlay = form('overlay');
    const record = given(
      granted('a', { rules: [{ ...deny, ...code('1') }], form: overlay }),
      granted('b', {
        rules: [{ ...permit, ...code('2') }],
        form: overlay,
        signedAt: '2026-02-01T00:00:00.000Z',
      }),
    );
    assert.deepEqual(residual(record), {
      rules: [
        { ...deny, ...code('1') },
        { ...permit, ...code('2') },
      ],
      otherwise: 'deny',
    });
  });

  test('S7.7 never while an unreadable consent stands, nor for breaking the glass', () => {
    const listed = granted('a', { rules: [{ ...permit, ...code('1') }] });
    const unreadable = granted('b', { unreadable: { path: 'Consent', reason: 'modifierExtension' } });
    assert.equal(told(given(listed, unreadable), before), 'deny: missing-information');
    const btg = { ...before, purpose: purpose('BTG') };
    assert.equal(told(given(listed), btg), 'deny: break-glass-undeclared');
  });
});
