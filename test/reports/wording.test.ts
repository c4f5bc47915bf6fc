import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordings } from '../../reports/text/languages.ts';
import { ruleWords, showCoding, showInstant, showNumber } from '../../reports/text/show.ts';
import { exportLanguages } from '../../schemas/export/package.ts';
import type { Rule } from '../../schemas/provision.ts';
import { purposeNodes, systems } from '../../schemas/vocabulary.ts';

const purpose = (code: string) => ({ system: systems.purpose, code });
const sensitivity = (code: string) => ({ system: systems.sensitivity, code });
const ofPatients = [
  'ConsentGranted',
  'ConsentRevoked',
  'ConsentExpired',
  'ConsentInvalidated',
  'EmergencyAccessDeclared',
  'PatientErased',
  'RestrictionPlaced',
  'RestrictionLifted',
];

test('every language has a title for every event of a patient, and they differ', () => {
  for (const language of exportLanguages) {
    const { titles } = wordings[language].event;
    assert.deepEqual(Object.keys(titles).sort(), ofPatients.toSorted());
    assert.equal(new Set(Object.values(titles)).size, ofPatients.length);
  }
});

test('every code of the purposes is shown by its meaning, and never without the code', () => {
  for (const language of exportLanguages)
    for (const { system, code } of purposeNodes) {
      const shown = showCoding({ system, code }, wordings[language]);
      assert.match(shown, / \([A-Z]/i);
      assert.ok(shown.endsWith(`(${code})`), shown);
    }
  assert.equal(showCoding(purpose('TREAT'), wordings.de), 'Behandlung (TREAT)');
  assert.equal(showCoding({ system: 'urn:x', code: 'own' }, wordings.de), 'own (urn:x)');
  assert.equal(showCoding({ code: 'Observation' }, wordings.en), 'Observation');
});

test('a code that a language translates is one of the vocabulary', () => {
  for (const language of exportLanguages)
    for (const code of Object.keys(wordings[language].codes)) {
      const shown = Object.values(systems).map((system) => showCoding({ system, code }, wordings.en));
      assert.ok(
        shown.some((text) => text.endsWith(`(${code})`)),
        code,
      );
    }
});

test('numbers and instants are shown the same on every machine', () => {
  assert.equal(showNumber(1234567, wordings.en), '1,234,567');
  assert.equal(showNumber(1234567, wordings.de), '1.234.567');
  assert.equal(showNumber(999, wordings.de), '999');
  assert.equal(showInstant('2026-03-01T09:00:00.123Z'), '2026-03-01 09:00:00Z');
  assert.equal(showInstant('2026-03-01'), '2026-03-01');
});

const rules: readonly (readonly [Rule, en: string, de: string])[] = [
  [
    { type: 'permit' },
    'Permits everyone any use of all data for any purpose.',
    'Erlaubt allen jede Nutzung aller Daten für jeden Zweck.',
  ],
  [
    {
      type: 'deny',
      recipient: [{ reference: 'Organization/a' }, { reference: 'Organization/b' }],
      purpose: [purpose('HRESCH')],
    },
    'Forbids Organization/a and Organization/b any use of all data for healthcare research (HRESCH).',
    'Verbietet Organization/a und Organization/b jede Nutzung aller Daten für Gesundheitsforschung (HRESCH).',
  ],
  [
    {
      type: 'permit',
      action: ['access', 'use'],
      label: [sensitivity('PSY')],
      period: { end: '2026-12-31T23:59:59.999Z' },
    },
    'Permits everyone to access and use data (labelled psychiatry disorder information sensitivity (PSY)) for any purpose, until 2026-12-31 23:59:59Z.',
    'Erlaubt allen, Daten (gekennzeichnet als psychiatrische Angaben (PSY)) abzurufen und zu verwenden, für jeden Zweck, bis 2026-12-31 23:59:59Z.',
  ],
];

test('a rule is a sentence', () => {
  for (const [rule, en, de] of rules) {
    assert.equal(wordings.en.rule(ruleWords(rule, rule.type, wordings.en)), en);
    assert.equal(wordings.de.rule(ruleWords(rule, rule.type, wordings.de)), de);
  }
});
