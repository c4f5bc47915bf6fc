import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Settings, settings } from '../../schemas/settings.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { codingKey } from '../../src/consent/tree.ts';
import { met, notMet, unknown } from '../../src/consent/truth.ts';
import { asking, now, purpose, sensitivity, site, usual } from './given.ts';

const trial = (code: string) => ({ system: 'urn:trials', code });
const refused = (chosen: Parameters<typeof settings.parse>[0]) => {
  const result = compilePolicy(settings.parse(chosen));
  return result.ok ? 'accepted' : result.error.code;
};

suite('policy', () => {
  test('S4.3 trees are refused when cyclic, or when a parent is not in them', () => {
    const cyclic = [
      { ...trial('A'), parents: [trial('B')] },
      { ...trial('B'), parents: [trial('A')] },
    ];
    assert.equal(refused({ purposes: cyclic }), 'invalid-request');
    assert.equal(refused({ sensitivities: [{ ...trial('A'), parents: [trial('A')] }] }), 'invalid-request');
    assert.equal(
      refused({ purposes: [{ ...purpose('HRESCH'), parents: [purpose('CLINTRCH')] }] }),
      'invalid-request',
    );
    assert.equal(refused({ purposes: [{ ...trial('A'), parents: [trial('X')] }] }), 'invalid-request');
  });

  test('S4.3 trees may have several parents, and be extended by a site', () => {
    const { purposes } = site({
      purposes: [{ ...trial('A'), parents: [purpose('HRESCH'), purpose('PUBHLTH')] }],
    });
    const covers = (listed: string, asked = codingKey(trial('A'))) =>
      purposes.covers(codingKey(purpose(listed)), asked);
    assert.deepEqual([covers('HRESCH'), covers('PUBHLTH'), covers('TREAT')], [met, met, notMet]);
    assert.equal(covers('HRESCH', codingKey(purpose('PUBHLTH'))), unknown);
  });

  test('S6.1 nothing is put above or below BTG', () => {
    assert.equal(
      refused({ purposes: [{ ...trial('A'), parents: [purpose('TREAT'), purpose('BTG')] }] }),
      'invalid-request',
    );
    assert.equal(
      refused({ purposes: [{ ...purpose('BTG'), parents: [purpose('TREAT')] }] }),
      'invalid-request',
    );
  });

  test('S7.2 an implicit policy names purposes that the tree holds', () => {
    const listing = (code: string) =>
      refused({ implicitPolicy: { purposes: [{ purpose: purpose(code), decision: 'permit' }] } });
    assert.deepEqual([listing('TREAT'), listing('COINED')], ['accepted', 'invalid-request']);
  });

  test('S7.2 deny among equally near ancestors', () => {
    const { implicit } = site({
      purposes: [{ ...trial('A'), parents: [purpose('HRESCH'), purpose('PUBHLTH')] }],
      implicitPolicy: {
        purposes: [
          { purpose: purpose('HRESCH'), decision: 'permit' },
          { purpose: purpose('PUBHLTH'), decision: 'deny' },
        ],
      },
    });
    const of = (coding: { system: string; code: string }) => implicit(codingKey(coding));
    assert.equal(of(trial('A')), 'deny');
    assert.equal(of(purpose('CLINTRCH')), 'permit');
    assert.equal(of(purpose('HRESCH')), 'deny', 'it shares a code below with one that is denied');
    assert.equal(of(purpose('TREAT')), undefined);
    assert.equal(of(purpose('COINED')), undefined);
  });

  test('S5 a label belongs to the family of its system', () => {
    const { labelFamily } = site({ labelSystems: ['urn:site'] });
    assert.equal(labelFamily(sensitivity('HIV').system), 'sensitivity');
    assert.equal(labelFamily('urn:site'), 'urn:site');
    assert.equal(labelFamily('urn:else'), undefined);
  });

  test('its hash is that of the settings, whatever the order of their members', () => {
    const one = settings.parse({ timeZone: 'Europe/Berlin', labelSystems: ['urn:site'] });
    const backwards = Object.fromEntries(Object.entries(one).toReversed()) as Settings;
    assert.equal(site(one).hash, site(backwards).hash);
    assert.notEqual(site(one).hash, usual.hash);
    assert.match(usual.hash, /^[A-Za-z0-9_-]{43}$/);
  });

  test('S6.1 a question for a purpose of an unknown system is refused', () => {
    const result = resolveQuestion(asking({ purpose: trial('A') }), usual, now);
    assert.deepEqual(result.ok ? '' : [result.error.code, result.error.pointer], [
      'purpose-system-unknown',
      '/purpose',
    ]);
  });

  test('an item whose period ends before it starts is refused', () => {
    const items = [{}, { time: { start: '2026-02', end: '2026-01' } }];
    const result = resolveQuestion(asking({ items }), usual, now);
    assert.deepEqual(result.ok ? '' : [result.error.code, result.error.pointer], [
      'invalid-request',
      '/items/1/time',
    ]);
  });
});
