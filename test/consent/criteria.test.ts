import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Coding } from '../../schemas/coding.ts';
import type { Item, Question } from '../../schemas/decision.ts';
import type { Exception, RuleType } from '../../schemas/provision.ts';
import { ask, confidentiality, given, granted, plain, purpose, sensitivity, site } from './given.ts';

const policy = site({
  referenceBase: 'https://fhir.example.org/r5',
  labelSystems: ['urn:site'],
  purposes: [{ system: 'urn:trials', code: 'T1', parents: [purpose('CLINTRCH'), purpose('PUBHLTH')] }],
});

/** Whether a rule of this type with this criterion is met, not met or unknown. */
const judged = (criterion: Exception, asked: Partial<Question>, type: RuleType): string => {
  const { decision, reason } = ask(given(granted('a', { rules: [{ type, ...criterion }] })), asked, policy);
  if (reason === 'missing-information') return 'unknown';
  if (reason === 'not-covered') return 'not met';
  assert.equal(decision, type);
  return 'met';
};
const permits = (criterion: Exception, asked: Partial<Question> = {}) => judged(criterion, asked, 'permit');
const item = (changed: Item): Partial<Question> => ({ items: [{ ...plain, ...changed }] });

suite('criteria', () => {
  test('S4 period: validAt lies in it', () => {
    const period = { start: '2026-03-01T00:00:00.000Z', end: '2026-03-31T23:59:59.999Z' };
    assert.equal(permits({ period }, { validAt: '2026-03-31T23:59:59.999Z' }), 'met');
    assert.equal(permits({ period }, { validAt: '2026-04-01' }), 'not met');
  });

  test('S4 recipient: its own reference or one of memberOf, and the role where both are given', () => {
    const role = { system: 'urn:roles', code: 'nurse' };
    const amy = { reference: 'Practitioner/amy' };
    const ward = { reference: 'Organization/ward' };
    const recipient = (changed: object) => ({ recipient: { ...amy, memberOf: [], roles: [], ...changed } });
    assert.equal(permits({ recipient: [amy] }, { recipient: amy }), 'met');
    assert.equal(permits({ recipient: [ward] }, recipient({ memberOf: [ward.reference] })), 'met');
    assert.equal(permits({ recipient: [ward] }, recipient({ memberOf: undefined })), 'unknown');
    assert.equal(permits({ recipient: [ward] }, recipient({})), 'not met');
    assert.equal(permits({ recipient: [{ ...amy, role }] }, recipient({ roles: [role] })), 'met');
    assert.equal(permits({ recipient: [{ ...amy, role }] }, recipient({ roles: undefined })), 'unknown');
    assert.equal(permits({ recipient: [{ ...ward, role }] }, recipient({ roles: undefined })), 'not met');
  });

  test('S4 custodian and author: who would release, who wrote', () => {
    const general = ['Organization/general'];
    assert.equal(permits({ custodian: general }), 'met');
    assert.equal(permits({ custodian: ['Organization/annex'] }), 'not met');
    assert.equal(permits({ custodian: general }, { custodian: undefined }), 'unknown');
    assert.equal(permits({ author: general }, item({ author: general })), 'met');
    assert.equal(permits({ author: general }, item({ author: undefined })), 'unknown');
  });

  test('S4 class: its system counts where the rule gives one', () => {
    const typed = { system: 'urn:types', code: 'Observation' };
    const untyped = { code: 'Observation' };
    assert.equal(permits({ class: [untyped] }, item({ class: [typed] })), 'met');
    assert.equal(permits({ class: [typed] }, item({ class: [untyped] })), 'unknown');
    assert.equal(
      permits({ class: [typed] }, item({ class: [{ ...typed, system: 'urn:other' }] })),
      'not met',
    );
  });

  test('S4 data: the instance, its author, or what it is related to', () => {
    const about = (meaning: 'instance' | 'related' | 'dependents' | 'authoredby', changed: Item) =>
      permits({ data: [{ reference: 'Encounter/1', meaning }] }, item(changed));
    assert.equal(about('instance', { reference: 'Encounter/1' }), 'met');
    assert.equal(about('instance', { related: ['Encounter/1'] }), 'not met');
    assert.equal(about('related', { related: ['Encounter/1'] }), 'met');
    assert.equal(about('dependents', { reference: 'Encounter/1', related: undefined }), 'met');
    assert.equal(about('dependents', { related: undefined }), 'unknown');
    assert.equal(about('authoredby', { author: ['Encounter/1'] }), 'met');
    assert.equal(about('authoredby', { author: undefined }), 'unknown');
  });

  test('S4 dataPeriod: wholly in it, partly in it, outside', () => {
    const dataPeriod = { start: '2025-03-01T00:00:00.000Z', end: '2025-03-31T23:59:59.999Z' };
    assert.equal(permits({ dataPeriod }, item({ time: '2025-03' })), 'met');
    assert.equal(permits({ dataPeriod }, item({ time: '2025' })), 'unknown');
    assert.equal(permits({ dataPeriod }, item({ time: { start: '2025-03-10' } })), 'unknown');
    assert.equal(permits({ dataPeriod }, item({ time: '2025-04-01' })), 'not met');
    assert.equal(permits({ dataPeriod }, item({ time: undefined })), 'unknown');
  });

  test('S4.1 an absent attribute is unknown, a list that is given is complete, also when it is empty', () => {
    const code = [{ system: 'urn:codes', code: '1' }];
    assert.equal(permits({ code }, item({ code: undefined })), 'unknown');
    assert.equal(permits({ code }, item({ code: [] })), 'not met');
    assert.equal(permits({ code }, { items: undefined }), 'unknown');
  });

  test('S4.1 each of several items is answered for itself', () => {
    const code = [{ system: 'urn:codes', code: '1' }];
    const record = given(granted('a', { rules: [{ type: 'permit', code }] }));
    const first = ask(record, { items: [{ ...plain, code }, plain] });
    assert.equal(first.decision, 'permit');
    assert.equal(ask(record, { items: [plain, { ...plain, code }] }).decision, 'deny');
  });

  test('S4.2 references compare without the configured base and without their version', () => {
    const amy = 'Practitioner/amy';
    const asked = (reference: string) => ({ recipient: { reference, memberOf: [], roles: [] } });
    for (const written of [amy, `${amy}/_history/3`, `https://fhir.example.org/r5/${amy}`]) {
      assert.equal(permits({ recipient: [{ reference: amy }] }, asked(written)), 'met', written);
      assert.equal(permits({ recipient: [{ reference: written }] }, asked(amy)), 'met', written);
    }
    const elsewhere = `https://fhir.example.org/r50/${amy}`;
    assert.equal(permits({ recipient: [{ reference: amy }] }, asked(elsewhere)), 'not met');
  });

  test('S4.2 codes compare with their system and case-sensitive', () => {
    const given_ = item({ code: [{ system: 'urn:codes', code: 'a' }] });
    assert.equal(permits({ code: [{ system: 'urn:codes', code: 'a' }] }, given_), 'met');
    assert.equal(permits({ code: [{ system: 'urn:codes', code: 'A' }] }, given_), 'not met');
    assert.equal(permits({ code: [{ system: 'urn:other', code: 'a' }] }, given_), 'not met');
  });

  test('S4.2 a code that its tree does not hold is unknown, unless equal', () => {
    const label = [sensitivity('HIV')];
    assert.equal(permits({ label }, item({ labels: [sensitivity('COINED')] })), 'unknown');
    assert.equal(
      permits({ label: [sensitivity('COINED')] }, item({ labels: [sensitivity('COINED')] })),
      'met',
    );
    assert.equal(permits({ purpose: [purpose('TREAT')] }, { purpose: purpose('COINED') }), 'unknown');
    assert.equal(
      permits({ label: [confidentiality('R')] }, item({ labels: [confidentiality('B')] })),
      'unknown',
    );
  });
});

suite('labels', () => {
  const denies = (label: Coding[], labels: Coding[]) => judged({ label }, item({ labels }), 'deny');
  const covers = (label: Coding[], labels: Coding[]) => permits({ label }, item({ labels }));
  const [L, N, R, V] = ['L', 'N', 'R', 'V'].map(confidentiality) as [Coding, Coding, Coding, Coding];
  const [HIV, SUD, ETH, SPI] = ['HIV', 'SUD', 'ETH', 'SPI'].map(sensitivity) as [
    Coding,
    Coding,
    Coding,
    Coding,
  ];
  const staff = { system: 'urn:site', code: 'staff' };

  test('S5 the highest confidentiality counts; without one it is N, or R with a sensitivity label', () => {
    assert.equal(covers([N], [L, R]), 'not met');
    assert.equal(covers([L], []), 'not met');
    assert.equal(covers([N], []), 'met');
    assert.equal(covers([N], [HIV]), 'not met');
    assert.equal(covers([R], [HIV]), 'met');
  });

  test('S5.1 a permit is met at or below the highest confidentiality listed', () => {
    assert.equal(covers([L, R], [N]), 'met');
    assert.equal(covers([R], [V]), 'not met');
  });

  test('S5.1 a permit covers each label of a family, of which there must be one, in every family listed', () => {
    assert.equal(covers([SPI], [SUD, sensitivity('MH')]), 'met');
    assert.equal(covers([SPI], [SUD, HIV]), 'not met');
    assert.equal(covers([SPI], []), 'not met');
    assert.equal(covers([SPI, staff], [SUD, staff]), 'met');
    assert.equal(covers([SPI, staff], [SUD]), 'not met');
    assert.equal(covers([SPI, R], [SUD, V]), 'not met');
  });

  test('S5.2 a deny is met at or above the lowest confidentiality listed, by any label, of any family', () => {
    assert.equal(denies([R, V], [R]), 'met');
    assert.equal(denies([R], [N]), 'not met');
    assert.equal(denies([SPI], [HIV, SUD]), 'met');
    assert.equal(denies([HIV, V], [HIV]), 'met');
    assert.equal(denies([HIV, staff], [SUD]), 'not met');
  });

  test('S6.1 a label above a listed one is unknown, for permit and deny alike', () => {
    assert.equal(covers([SUD], [SPI]), 'unknown');
    assert.equal(denies([SUD], [SPI]), 'unknown');
    assert.equal(denies([SUD], [SPI, SUD]), 'met');
  });

  test('S4.3 SUD stands below ETH too', () => {
    assert.equal(denies([ETH], [SUD]), 'met');
    assert.equal(denies([SPI], [SUD]), 'met');
  });
});

suite('purposes', () => {
  const T1 = { system: 'urn:trials', code: 'T1' };
  const listing = (listed: Coding, asked: Coding) => permits({ purpose: [listed] }, { purpose: asked });

  test('S6.1 a listed purpose covers itself and what is below it', () => {
    assert.equal(listing(purpose('HRESCH'), purpose('HRESCH')), 'met');
    assert.equal(listing(purpose('HRESCH'), purpose('CLINTRCHPC')), 'met');
    assert.equal(listing(purpose('HRESCH'), purpose('HMARKT')), 'not met');
  });

  test('S6.1 a question above a listed purpose, or sharing a code below with it, is unknown', () => {
    assert.equal(listing(purpose('CLINTRCH'), purpose('HRESCH')), 'unknown');
    assert.equal(listing(purpose('PUBHLTH'), purpose('HRESCH')), 'unknown');
    assert.equal(listing(purpose('PUBHLTH'), T1), 'met');
  });

  test('S6.1 BTG is covered by BTG alone, and is above and below nothing', () => {
    assert.equal(listing(purpose('BTG'), purpose('TREAT')), 'not met');
    assert.equal(listing(purpose('BTG'), purpose('COINED')), 'not met');
    const broad = given(granted('a', { rules: [{ type: 'permit', purpose: [purpose('TREAT')] }] }));
    const byConsent = site({ breakGlass: 'by-consent' });
    assert.deepEqual(ask(broad, { purpose: purpose('BTG') }, byConsent).basis, []);
  });
});
