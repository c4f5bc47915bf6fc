import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Decided } from '../../src/consent/decide.ts';
import { standings } from '../../src/consent/standing.ts';
import type { PatientRecord } from '../../src/consent/state.ts';
import { isoOf } from '../../src/consent/time.ts';
import { ask, form, given, granted, id, invalidated, revoked, told } from './given.ts';

const at = (day: string) => `${day}T00:00:00.000Z`;
const permit = { rules: [{ type: 'permit' as const }] };
const deny = { rules: [{ type: 'deny' as const }] };

/** From when to when each consent stands, by its letter. */
const stretches = (record: PatientRecord, letters: string) =>
  [...letters].map((letter) => {
    const one = standings(record.consents).find(({ entry }) => entry.grant.consentId === id(letter));
    const text = (moment: number) => (Number.isFinite(moment) ? isoOf(moment).slice(0, 10) : 'open');
    return one ? `${letter} ${text(one.begins)} ${text(one.ends)}` : `${letter} never`;
  });

suite('what stands at a moment', () => {
  test('S2.1 a consent begins at the later of signing and the start of its period', () => {
    const record = given(
      granted('a', { ...permit, period: { start: at('2025-01-01') } }),
      granted('b', { ...permit, period: { start: at('2026-03-01'), end: '2026-03-31T23:59:59.999Z' } }),
    );
    assert.deepEqual(stretches(record, 'ab'), ['a 2026-01-01 open', 'b 2026-03-01 2026-04-01']);
  });

  test('S2.1 a retroactive one begins at the start of its period', () => {
    const record = given(granted('a', { ...permit, retroactive: true, period: { start: at('2025-01-01') } }));
    assert.deepEqual(stretches(record, 'a'), ['a 2025-01-01 open']);
  });

  test('S2.1 a period that is over by then is empty', () => {
    const record = given(granted('a', { ...permit, period: { end: '2025-12-31T23:59:59.999Z' } }));
    assert.deepEqual(stretches(record, 'a'), ['a never']);
    assert.equal(told(record), 'deny: no-consent');
  });

  test('S2.2 a revocation takes effect when it is recorded, and before that the consent still stands', () => {
    const record = given(granted('a'), '2026-02-01', revoked('a'));
    assert.deepEqual(stretches(record, 'a'), ['a 2026-01-01 2026-02-01']);
    assert.equal(told(record), 'deny: revoked');
    assert.equal(told(record, { validAt: '2026-01-31' }), 'permit: permitted');
  });

  test('S2.2 recorded before the signing it takes effect at the signing', () => {
    const record = given(granted('a', { ...permit, signedAt: at('2026-03-01') }), revoked('a'));
    assert.deepEqual(stretches(record, 'a'), ['a never']);
  });

  test('S2.2 it may take effect earlier or later, and of several the earliest holds', () => {
    const record = given(
      granted('a'),
      '2026-05-01',
      revoked('a', at('2026-07-01')),
      revoked('a', at('2026-04-01')),
    );
    assert.deepEqual(stretches(record, 'a'), ['a 2026-01-01 2026-04-01']);
    const lateEntry = { validAt: '2026-04-15', knownAt: '2026-04-15' };
    assert.equal(told(record, lateEntry), 'permit: permitted');
    assert.equal(told(record, { ...lateEntry, knownAt: '2026-05-01' }), 'deny: revoked');
  });

  test('S2.3 what was invalidated never was, for any knownAt from then on; before, it stood', () => {
    const record = given(granted('a'), '2026-03-01', invalidated('a'));
    assert.equal(told(record, { validAt: '2026-02-01' }), 'deny: no-consent');
    assert.equal(told(record, { validAt: '2026-02-01', knownAt: '2026-02-28' }), 'permit: permitted');
  });

  test('S2.4 what is replaced ends for good when the new one begins', () => {
    const record = given(
      granted('a', deny),
      granted('b', {
        ...permit,
        signedAt: at('2026-02-01'),
        period: { start: at('2026-03-01'), end: '2026-03-31T23:59:59.999Z' },
        replaces: [id('a')],
      }),
    );
    assert.deepEqual(stretches(record, 'ab'), ['a 2026-01-01 2026-03-01', 'b 2026-03-01 2026-04-01']);
  });

  test('S2.4 but not before the new one was signed, where that is retroactive', () => {
    const record = given(
      granted('a'),
      granted('b', {
        ...permit,
        signedAt: at('2026-02-01'),
        retroactive: true,
        period: { start: at('2025-01-01') },
        replaces: [id('a')],
      }),
    );
    assert.deepEqual(stretches(record, 'ab'), ['a 2026-01-01 2026-02-01', 'b 2025-01-01 open']);
  });

  test('S2.4 under a replacing form the later signed replaces the earlier, whichever was recorded first', () => {
    const replacing = form('replacing');
    const record = given(
      granted('a', { ...permit, form: replacing, signedAt: at('2026-02-01') }),
      granted('b', { ...permit, form: { ...replacing, version: '2' } }),
      granted('c', { ...permit, form: form('replacing', 'another') }),
    );
    assert.deepEqual(stretches(record, 'abc'), [
      'a 2026-02-01 open',
      'b 2026-01-01 2026-02-01',
      'c 2026-01-01 open',
    ]);
  });

  test('S2.4 what never began replaces nothing: invalidated, revoked at its beginning, empty', () => {
    const replacement = { ...permit, signedAt: at('2026-02-01'), replaces: [id('a')] };
    const stands = (...facts: readonly Decided[]) => stretches(given(granted('a'), ...facts), 'a');
    assert.deepEqual(stands(granted('b', replacement)), ['a 2026-01-01 2026-02-01']);
    assert.deepEqual(stands(granted('b', replacement), invalidated('b')), ['a 2026-01-01 open']);
    assert.deepEqual(stands(granted('b', replacement), revoked('b', at('2026-02-01'))), [
      'a 2026-01-01 open',
    ]);
    const over = { ...replacement, period: { end: at('2026-01-15') } };
    assert.deepEqual(stands(granted('b', over)), ['a 2026-01-01 open']);
  });

  test('S2.4 nor does what was replaced by the time it would begin', () => {
    const record = given(
      granted('a'),
      granted('b', { ...permit, period: { start: at('2026-04-01') }, replaces: [id('a')] }),
      granted('c', { ...permit, signedAt: at('2026-03-01'), replaces: [id('b')] }),
    );
    assert.deepEqual(stretches(record, 'abc'), ['a 2026-01-01 open', 'b never', 'c 2026-03-01 open']);
  });

  test('S2.4 of two that replace each other at one moment the later recorded stands', () => {
    const replacing = form('replacing');
    const start = { period: { start: at('2026-04-01') } };
    const record = given(
      granted('a', { ...permit, ...start, form: replacing, signedAt: at('2026-02-01') }),
      granted('b', { ...permit, ...start, form: replacing, replaces: [id('a')] }),
    );
    assert.deepEqual(stretches(record, 'ab'), ['a never', 'b 2026-04-01 open']);
  });

  test('S2.4 of three that replace one another in a ring at one moment the last recorded begins', () => {
    const start = { period: { start: at('2026-04-01') } };
    const replacing = form('replacing');
    const record = given(
      granted('a', { ...permit, ...start, form: replacing, signedAt: at('2026-02-01') }),
      granted('b', { ...permit, ...start, replaces: [id('a')] }),
      granted('c', { ...permit, ...start, form: replacing, replaces: [id('b')] }),
    );
    assert.deepEqual(stretches(record, 'abc').slice(1), ['b never', 'c 2026-04-01 open']);
  });

  test('S2.4 the earliest of several replacements counts, in whatever order they are recorded', () => {
    const record = given(
      granted('a'),
      granted('b', { ...permit, signedAt: at('2026-05-01'), replaces: [id('a')] }),
      granted('c', { ...permit, signedAt: at('2026-02-01'), replaces: [id('a')] }),
    );
    assert.deepEqual(stretches(record, 'a'), ['a 2026-01-01 2026-02-01']);
  });

  test('S2.5 no answer depends on ConsentExpired', () => {
    const content = { ...permit, period: { end: '2026-05-31T23:59:59.999Z' } };
    const consentId = id('a');
    const noted = given(granted('a', content), {
      type: 'ConsentExpired',
      payload: { consentId, endedAt: at('2026-03-01') },
    });
    assert.equal(told(noted, { validAt: '2026-05-01' }), 'permit: permitted');
    assert.equal(told(given(granted('a', content))), 'deny: expired');
  });

  test('S2.7 an unreadable consent turns every permit into a denial that names it', () => {
    const unreadable = { unreadable: { path: 'Consent.provision', reason: 'modifierExtension' } };
    const record = given(granted('a'), granted('b', unreadable));
    const { decision, reason, basis } = ask(record);
    assert.deepEqual([decision, reason], ['deny', 'missing-information']);
    assert.ok(basis.some(({ consentId }) => consentId === id('b')));
    assert.equal(told(given(granted('a', deny), granted('b', unreadable))), 'deny: refused');
    assert.equal(told(given(granted('a'), granted('b', unreadable), invalidated('b'))), 'permit: permitted');
  });

  test('thousands of consents under one replacing form are settled at once', () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      granted('a', {
        ...permit,
        form: form('replacing'),
        signedAt: isoOf(Date.parse(at('2026-01-01')) + index),
      }),
    );
    const standing = standings(given(...many).consents);
    assert.equal(standing.filter(({ ends }) => ends === Number.POSITIVE_INFINITY).length, 1);
  });
});
