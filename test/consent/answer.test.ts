import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Rule } from '../../schemas/provision.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import {
  answerTo,
  ask,
  declared,
  duty,
  form,
  given,
  granted,
  id,
  invalidated,
  plain,
  purpose,
  revoked,
  site,
  told,
} from './given.ts';

const at = (day: string) => `${day}T00:00:00.000Z`;
const rules = (...list: Rule[]) => ({ rules: list });
const permit: Rule = { type: 'permit' };
const deny: Rule = { type: 'deny' };
const code = (text: string) => ({ code: [{ system: 'urn:codes', code: text }] });
const { code: _, ...withoutCode } = plain;
const unsure = { items: [withoutCode] };

suite('breaking the glass', () => {
  const btg = { purpose: purpose('BTG') };
  const amy = declared('Practitioner/amy', at('2026-06-02'));
  const byConsent = site({ breakGlass: 'by-consent' });

  test('S6.2 it needs a declaration, known, that names the recipient and whose time holds', () => {
    const record = given('2026-06-01T10:00:00Z', amy);
    assert.equal(told(record, btg), 'permit: break-glass');
    assert.equal(told(undefined, btg), 'deny: break-glass-undeclared');
    assert.equal(told(record, { ...btg, validAt: '2026-06-02' }), 'deny: break-glass-undeclared');
    assert.equal(told(record, { ...btg, knownAt: '2026-06-01' }), 'deny: break-glass-undeclared');
    const team = { reference: 'Practitioner/bob', memberOf: ['Practitioner/amy'] };
    assert.equal(told(record, { ...btg, recipient: team }), 'deny: break-glass-undeclared');
  });

  test('S6.2 its time never begins before it was recorded', () => {
    const late = given(
      '2026-06-01T10:00:00Z',
      declared('Practitioner/amy', at('2026-06-02'), at('2026-05-01')),
    );
    assert.equal(told(late, { ...btg, validAt: '2026-06-01T09:59:59Z' }), 'deny: break-glass-undeclared');
    const ahead = declared('Practitioner/amy', at('2026-06-02'), '2026-06-01T13:00:00.000Z');
    assert.equal(told(given(ahead), btg), 'deny: break-glass-undeclared');
  });

  test('S6.2 overrides: only a certain denial by a path that lists BTG refuses', () => {
    const against = (...list: Rule[]) =>
      told(given(granted('a', rules(...list)), amy), { ...btg, ...unsure });
    const listing = { purpose: [purpose('BTG')] };
    assert.equal(against({ type: 'deny', ...listing }), 'deny: break-glass-refused');
    assert.equal(against({ type: 'permit', ...listing, exceptions: [{}] }), 'deny: break-glass-refused');
    assert.equal(against({ ...permit, exceptions: [{}, listing] }), 'deny: break-glass-refused');
    assert.equal(against(deny), 'permit: break-glass');
    assert.equal(against({ type: 'deny', ...listing, ...code('1') }), 'permit: break-glass');
    const lastWord = { ...listing, ...code('1') };
    assert.equal(against({ type: 'permit', exceptions: [{}, lastWord] }), 'permit: break-glass');
  });

  test('S6.2 by-consent: the rules must permit too, by a path that lists BTG', () => {
    const with_ = (...list: Rule[]) => told(given(granted('a', rules(...list)), amy), btg, byConsent);
    const listing: Rule = { type: 'permit', purpose: [purpose('BTG')] };
    assert.equal(with_(listing), 'permit: break-glass');
    assert.equal(with_(permit, listing), 'permit: break-glass');
    assert.equal(with_(permit), 'deny: break-glass-refused');
    const beside = given(granted('a', rules(listing)), granted('b', rules(permit)), amy);
    assert.equal(told(beside, btg, byConsent), 'permit: break-glass');
    assert.equal(with_(listing, deny), 'deny: break-glass-refused');
    assert.equal(told(given(amy), btg, byConsent), 'deny: break-glass-refused');
  });

  test('S6.2 not even an unreadable consent stands in its way', () => {
    const unreadable = { unreadable: { path: 'Consent', reason: 'modifierExtension' } };
    assert.equal(told(given(granted('a', unreadable), amy), btg), 'permit: break-glass');
  });

  test('S6.3 every such answer is marked for review', () => {
    assert.equal(ask(given(amy), btg).review, true);
    assert.equal(ask(undefined, btg).review, true);
    assert.equal(ask(given(amy)).review, undefined);
  });

  test('S7.4 its obligations are those of every permit rule met or unknown', () => {
    const duties = (list: Rule[]) =>
      ask(given(granted('a', rules(...list)), amy), { ...btg, ...unsure }).obligations?.map(
        (one) => one.code,
      );
    const owing = (name: string, more = {}): Rule => ({ type: 'permit', obligations: [duty(name)], ...more });
    assert.deepEqual(duties([owing('b'), owing('a', code('1')), owing('c', { action: ['collect'] })]), [
      'a',
      'b',
    ]);
  });
});

suite('consents together', () => {
  const overlay = form('overlay');

  test('S7.1 of an overlay form only what began latest among those that have an outcome is heard', () => {
    const record = given(
      granted('a', { ...rules(deny), form: overlay }),
      granted('b', { ...rules(permit), form: overlay, signedAt: at('2026-02-01') }),
      granted('c', { ...rules({ ...deny, ...code('1') }), form: overlay, signedAt: at('2026-03-01') }),
    );
    assert.equal(told(record), 'permit: permitted');
    assert.deepEqual(ask(record).basis, [{ consentId: id('b'), revision: 1, rules: ['rules[0]'] }]);
    assert.equal(told(record, { items: [{ ...plain, ...code('1') }] }), 'deny: refused');
  });

  test('S7.1 of those begun on the same local day all are heard; where none has an outcome too', () => {
    const sameDay = given(
      granted('a', { ...rules(deny), form: overlay, signedAt: '2026-02-01T08:00:00.000Z' }),
      granted('b', { ...rules(permit), form: overlay, signedAt: '2026-02-01T23:30:00.000Z' }),
    );
    assert.equal(told(sameDay), 'deny: refused');
    assert.equal(told(sameDay, {}, site({ timeZone: 'Europe/Berlin' })), 'permit: permitted');
    const silent = given(
      granted('a', { otherwise: 'deny', form: overlay }),
      granted('b', { otherwise: 'permit', form: overlay, signedAt: at('2026-02-01') }),
    );
    assert.equal(told(silent), 'deny: refused');
  });

  test('S7.1 by rules before otherwise, and deny before permit in both', () => {
    const says = (...contents: object[]) =>
      told(given(...contents.map((content, index) => granted('abc'[index]!, content))));
    assert.equal(says(rules(permit), rules(deny)), 'deny: refused');
    assert.equal(says({ otherwise: 'permit' }, { otherwise: 'deny' }), 'deny: refused');
    assert.equal(says({ otherwise: 'permit' }, { ...rules(deny) }), 'deny: refused');
    assert.equal(says({ otherwise: 'deny', signedAt: at('2025-01-01') }, rules(permit)), 'permit: permitted');
  });

  test('S7.1 a list that is signed after a blanket permit limits it', () => {
    const list = { ...rules({ ...permit, ...code('1') }), otherwise: 'deny' as const };
    const later = { ...list, signedAt: at('2026-02-01') };
    assert.equal(told(given(granted('a', rules(permit)), granted('b', later))), 'deny: refused');
    const blanket = { ...rules(permit), otherwise: 'permit' as const };
    assert.equal(told(given(granted('a', blanket), granted('b', later))), 'deny: refused');
    assert.equal(
      told(given(granted('a', rules(permit)), granted('b', { ...later, ...rules(permit) }))),
      'permit: permitted',
    );
    const earlier = { ...list, signedAt: at('2025-12-01') };
    assert.equal(told(given(granted('a', rules(permit)), granted('b', earlier))), 'permit: permitted');
  });

  test('S7.1 lists of who may are read together', () => {
    const list = (text: string, day: string) => ({
      ...rules({ ...permit, ...code(text) }),
      otherwise: 'deny' as const,
      signedAt: at(day),
    });
    const record = given(granted('a', list('1', '2026-01-01')), granted('b', list('2', '2026-02-01')));
    for (const text of ['1', '2']) {
      assert.equal(told(record, { items: [{ ...plain, ...code(text) }] }), 'permit: permitted');
    }
    assert.equal(told(record, { items: [{ ...plain, ...code('3') }] }), 'deny: refused');
  });

  test('S1.4 signed at the same moment the later recorded counts as signed later', () => {
    const list = { otherwise: 'deny' as const };
    assert.equal(told(given(granted('a', rules(permit)), granted('b', list))), 'deny: refused');
    assert.equal(told(given(granted('b', list), granted('a', rules(permit)))), 'permit: permitted');
  });
});

suite('where no consent speaks', () => {
  const policy = site({
    implicitPolicy: {
      purposes: [
        { purpose: purpose('TREAT'), decision: 'permit' },
        { purpose: purpose('COC'), decision: 'deny' },
      ],
    },
  });
  const known = given(granted('a', { ...rules(permit), purpose: [purpose('HMARKT')] }));

  test('S7.2 the implicit policy of the nearest listed ancestor counts', () => {
    assert.equal(told(known, { purpose: purpose('ERTREAT') }, policy), 'permit: implicit-policy');
    assert.equal(told(known, { purpose: purpose('COC') }, policy), 'deny: implicit-policy');
    assert.equal(told(known, { purpose: purpose('HRESCH') }, policy), 'deny: not-covered');
  });

  test('S7.2 a purpose above one that is listed as deny is denied', () => {
    assert.equal(told(known, { purpose: purpose('TREAT') }, policy), 'deny: implicit-policy');
  });

  test('S7.2 an unknown patient is denied, unless the setting says otherwise', () => {
    const implicitPolicy = { purposes: [{ purpose: purpose('TREAT'), decision: 'permit' as const }] };
    const strict = site({ implicitPolicy });
    const lenient = site({ implicitPolicy: { ...implicitPolicy, unknownPatients: true } });
    for (const record of [undefined, emptyRecord, given(declared('Practitioner/amy', at('2026-07-01')))]) {
      assert.equal(told(record, {}, strict), 'deny: unknown-patient');
      assert.equal(told(record, {}, lenient), 'permit: implicit-policy');
    }
    assert.equal(told(given(granted('a'), invalidated('a')), {}, strict), 'permit: implicit-policy');
  });

  test('S7.3 it says why nothing stands, by the consent that began or will begin last', () => {
    const ended = { ...rules(permit), period: { end: at('2026-02-01') } };
    const ahead = { ...rules(permit), period: { start: at('2027-01-01') } };
    assert.equal(told(given(granted('a', ended))), 'deny: expired');
    assert.equal(told(given(granted('a', ended), granted('b', ahead))), 'deny: not-yet-valid');
    const second = granted('b', { ...rules(permit), signedAt: at('2026-02-02') });
    assert.equal(told(given(granted('a', ended), second, '2026-03-01', revoked('b'))), 'deny: revoked');
    assert.equal(told(given(granted('a'), invalidated('a'))), 'deny: no-consent');
    const together = [granted('a', ended), granted('b', rules(permit)), '2026-01-15', revoked('b')];
    const record = given(...together);
    assert.equal(told(record), 'deny: revoked', 'of two that began at one moment the later recorded');
    assert.equal(told({ ...record, consents: record.consents.toReversed() }), 'deny: revoked');
  });

  test('S7.3 missing information, where a permit was lost or every denial is uncertain', () => {
    const listed = { ...rules({ ...permit, ...code('1') }) };
    assert.equal(told(given(granted('a', listed)), unsure), 'deny: missing-information');
    assert.equal(
      told(given(granted('a', { ...listed, otherwise: 'deny' })), unsure),
      'deny: missing-information',
    );
    assert.equal(told(given(granted('a', { ...listed, otherwise: 'permit' })), unsure), 'permit: permitted');
    assert.equal(told(given(granted('a', listed), granted('b', rules(deny))), unsure), 'deny: refused');
  });
});

suite('what an answer holds', () => {
  test('S7.4 the obligations of the permit rules on the paths that gave it, in code order, without doubles', () => {
    const owing = (...names: string[]) => ({ obligations: names.map(duty) });
    const nested = { ...permit, ...owing('c'), exceptions: [{ exceptions: [owing('a', 'c')] }] };
    const record = given(granted('a', rules(nested, { ...permit, ...owing('b'), ...code('1') })));
    const codes = (asked = {}) => ask(record, asked).obligations?.map((one) => one.code);
    assert.deepEqual(codes(), ['a', 'c']);
    assert.deepEqual(codes(unsure), ['a', 'b', 'c']);
  });

  test('S7.5 each consent that was heard, by its rule paths or otherwise, with the revision of its grant', () => {
    const record = given(
      granted('a', rules({ ...deny, exceptions: [code('1'), {}] })),
      granted('b', { otherwise: 'permit' }),
    );
    assert.deepEqual(ask(record).basis, [
      { consentId: id('a'), revision: 0, rules: ['rules[0].exceptions[1]'] },
      { consentId: id('b'), revision: 1, otherwise: true },
    ]);
  });

  test('S7.5 nothing else stands in a verdict', () => {
    assert.deepEqual(ask(given(granted('a'))), {
      decision: 'permit',
      reason: 'permitted',
      basis: [{ consentId: id('a'), revision: 0, rules: ['rules[0]'] }],
    });
  });

  test('S7.5 the attributes that made rules unknown', () => {
    const rule: Rule = { type: 'permit', ...code('1'), dataPeriod: { start: at('2025-01-01') } };
    const items = [{ ...withoutCode, time: undefined }];
    assert.deepEqual(ask(given(granted('a', rules(rule))), { items }).missing, ['code', 'dataPeriod']);
  });

  test('S7.5 algorithm, effective times, and the revision that was known', () => {
    const record = given(granted('a'), '2026-03-01', revoked('a'), granted('b'));
    const { items: _items, ...head } = answerTo(record, { validAt: '2026-02-02', knownAt: '2026-02-03' });
    assert.deepEqual(head, {
      algorithm: 'ledger-1',
      validAt: at('2026-02-02'),
      knownAt: at('2026-02-03'),
      revision: 0,
    });
    assert.equal(answerTo(record).revision, 2);
    assert.equal(answerTo(undefined).revision, -1);
  });

  test('S7.6 asked again, also after questions at other times, it is the same', () => {
    const record = given(granted('a', { ...rules(permit), period: { end: at('2026-04-01') } }));
    const moments = ['2026-01-01', '2026-04-02', '2026-03-31', '2025-01-01'];
    const answers = () => moments.map((validAt) => told(record, { validAt }));
    const once = answers();
    assert.deepEqual(answers().concat(answers()), [...once, ...once]);
    assert.deepEqual(once, [
      'permit: permitted',
      'deny: expired',
      'permit: permitted',
      'deny: not-yet-valid',
    ]);
  });

  test('a record that leaves out what a question needs is not asked', () => {
    const head = { ...given(granted('a')), settledBefore: Date.parse('2026-05-01') };
    assert.equal(told(head, { validAt: '2026-05-01', knownAt: '2026-05-01' }), 'permit: permitted');
    assert.throws(() => ask(head, { validAt: '2026-04-30' }), RangeError);
    assert.throws(() => ask(head, { knownAt: '2026-04-30' }), RangeError);
  });
});
