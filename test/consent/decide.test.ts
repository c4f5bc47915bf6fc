import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Exception, Rule } from '../../schemas/provision.ts';
import type { Result } from '../../schemas/result.ts';
import {
  correct,
  type Decided,
  declareEmergency,
  expire,
  type GrantCommand,
  grant,
  invalidate,
  revoke,
} from '../../src/consent/decide.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import {
  accepted,
  agent,
  duty,
  form,
  given,
  granted,
  id,
  invalidated,
  now,
  purpose,
  revoked,
  sensitivity,
  site,
  usual,
} from './given.ts';

const berlin = site({ timeZone: 'Europe/Berlin' });
const permit: Rule = { type: 'permit' };

/** Code and pointer of a refusal. */
const refusal = (result: Result<unknown>): string => {
  assert.ok(!result.ok, 'it was accepted');
  return `${result.error.code} ${result.error.pointer}`;
};

const command = (changed: Partial<GrantCommand> = {}): GrantCommand => ({
  consentId: id('a'),
  signedAt: '2026-01-01',
  rules: [permit],
  agent,
  ...changed,
});
const granting = (changed: Partial<GrantCommand>, record = emptyRecord, policy = usual) =>
  grant(record, command(changed), policy);
const payloadOf = (result: Result<readonly Decided[]>) => accepted(result)[0]?.payload;

suite('granting', () => {
  test('S1.1 S1.4 dates become instants in the time zone of the ledger, signedAt the first moment', () => {
    const dataPeriod = { end: '2026-02' };
    const rules = [{ ...permit, period: { start: '2026' }, exceptions: [{ dataPeriod }] }];
    assert.deepEqual(payloadOf(granting({ rules, period: { end: '2026-01-31' } }, emptyRecord, berlin)), {
      consentId: id('a'),
      signedAt: '2025-12-31T23:00:00.000Z',
      period: { end: '2026-01-31T22:59:59.999Z' },
      rules: [
        {
          ...permit,
          period: { start: '2025-12-31T23:00:00.000Z' },
          exceptions: [{ dataPeriod: { end: '2026-02-28T22:59:59.999Z' } }],
        },
      ],
      agent,
    });
  });

  test('S2.1 retroactive without a start is refused', () => {
    const period = { end: '2027' };
    assert.equal(refusal(granting({ retroactive: true, period })), 'retroactive-without-start /retroactive');
    assert.ok(granting({ retroactive: true, period: { start: '2020' } }).ok);
  });

  test('S2.6 a consent is granted once, and replaces only what is known', () => {
    const record = given(granted('a'), granted('b'), invalidated('b'));
    assert.equal(refusal(granting({}, record)), 'consent-exists /consentId');
    const replacing = (...letters: string[]) =>
      granting({ consentId: id('c'), replaces: letters.map(id) }, record);
    assert.equal(refusal(replacing('a', 'x')), 'consent-unknown /replaces/1');
    assert.ok(replacing('a', 'b').ok);
  });

  test('S2.7 an unreadable consent says nothing else', () => {
    const unreadable = { path: 'Consent', reason: 'modifierExtension' };
    assert.equal(refusal(granting({ unreadable })), 'invalid-request /unreadable');
    assert.ok(granting({ unreadable, rules: undefined }).ok);
  });

  test('S3 with neither rule nor otherwise it is refused', () => {
    assert.equal(refusal(granting({ rules: undefined })), 'consent-empty /rules');
    assert.ok(granting({ rules: undefined, otherwise: 'deny' }).ok);
  });

  test('S3 empty lists are refused, at any depth', () => {
    assert.equal(refusal(granting({ rules: [] })), 'invalid-request /rules');
    assert.equal(refusal(granting({ purpose: [] })), 'invalid-request /purpose');
    const rules = [permit, { ...permit, exceptions: [{ class: [] }] }];
    assert.equal(refusal(granting({ rules })), 'invalid-request /rules/1/exceptions/0/class');
  });

  test('S3 only a permit has obligations, also where its type is not written', () => {
    const owing = { obligations: [duty('a')] };
    assert.equal(
      refusal(granting({ rules: [{ type: 'deny', ...owing }] })),
      'invalid-request /rules/0/obligations',
    );
    const nested = [{ ...permit, ...owing, exceptions: [owing] }];
    assert.equal(refusal(granting({ rules: nested })), 'invalid-request /rules/0/exceptions/0/obligations');
    assert.ok(granting({ rules: [{ type: 'deny', exceptions: [owing] }] }).ok);
  });

  test('S3 at most 10,000 rules, 32 deep', () => {
    const nest = (depth: number): Exception => (depth === 1 ? {} : { exceptions: [nest(depth - 1)] });
    assert.ok(granting({ rules: [{ ...permit, ...nest(32) }] }).ok);
    const deep = refusal(granting({ rules: [{ ...permit, ...nest(33) }] }));
    assert.equal(deep, `rule-limit /rules/0${'/exceptions/0'.repeat(32)}`);
    const many = (count: number) => granting({ rules: Array.from({ length: count }, () => permit) });
    assert.ok(many(10_000).ok);
    assert.equal(refusal(many(10_001)), 'rule-limit /rules/10000');
  });

  test('S5 a label of a system that is not configured is refused', () => {
    const label = [sensitivity('HIV'), { system: 'urn:site', code: 'x' }];
    const rules = [{ ...permit, exceptions: [{ label }] }];
    assert.equal(refusal(granting({ rules })), 'label-system-unknown /rules/0/exceptions/0/label/1');
    assert.ok(granting({ rules }, emptyRecord, site({ labelSystems: ['urn:site'] })).ok);
  });

  test('S6.1 purposes of other systems need configuration', () => {
    const trial = { system: 'urn:trials', code: 'T1' };
    const rules = [{ ...permit, purpose: [purpose('TREAT'), trial] }];
    assert.equal(refusal(granting({ rules })), 'purpose-system-unknown /rules/0/purpose/1');
    assert.equal(refusal(granting({ purpose: [trial] })), 'purpose-system-unknown /purpose/0');
    const configured = site({ purposes: [{ ...trial, parents: [purpose('HRESCH')] }] });
    assert.ok(granting({ rules }, emptyRecord, configured).ok);
  });

  test('a period that ends before it starts is refused', () => {
    const period = { start: '2026-02', end: '2026-01' };
    assert.equal(refusal(granting({ period })), 'invalid-request /period');
    const rules = [{ ...permit, dataPeriod: period }];
    assert.equal(refusal(granting({ rules })), 'invalid-request /rules/0/dataPeriod');
  });
});

suite('withdrawing and correcting', () => {
  const record = given(granted('a', { rules: [permit], signedAt: '2026-02-01T10:00:00.000Z' }));
  const revoking = (changed: object) => revoke(record, { consentId: id('a'), agent, ...changed }, usual);

  test('S2.2 a revocation may take effect earlier or later, but not before the signing', () => {
    assert.deepEqual(payloadOf(revoking({ effectiveAt: '2027' })), {
      consentId: id('a'),
      effectiveAt: '2027-01-01T00:00:00.000Z',
      agent,
    });
    const refused = 'revocation-before-signing /effectiveAt';
    assert.equal(refusal(revoking({ effectiveAt: '2026-01-31' })), refused);
    assert.equal(refusal(revoking({ effectiveAt: '2026-02-01T09:59:59.999Z' })), refused);
  });

  test('S2.2 on the day of signing it takes effect at the signing', () => {
    const payload = payloadOf(revoking({ effectiveAt: '2026-02-01' }));
    assert.ok(payload && 'effectiveAt' in payload);
    assert.equal(payload.effectiveAt, '2026-02-01T10:00:00.000Z');
  });

  test('S2.2 without a moment it leaves that to the recording', () => {
    assert.deepEqual(payloadOf(revoking({})), { consentId: id('a'), agent });
  });

  test('S2.6 revoking or invalidating an unknown consent is refused, as is invalidating twice', () => {
    const reason = 'another patient';
    const of = (letter: string) => ({ consentId: id(letter), reason, agent });
    assert.equal(refusal(revoking({ consentId: id('x') })), 'consent-unknown /consentId');
    assert.equal(refusal(invalidate(record, of('x'))), 'consent-unknown /consentId');
    assert.ok(invalidate(record, of('a')).ok);
    const gone = given(granted('a'), invalidated('a'));
    assert.equal(refusal(invalidate(gone, of('a'))), 'consent-already-invalidated /consentId');
  });

  test('S2.3 a correction is an invalidation and a grant that names what it replaces', () => {
    const before = given(granted('a'), granted('b', { rules: [permit], replaces: [id('a')] }));
    const correcting = (changed: Partial<GrantCommand> = {}) =>
      correct(
        before,
        {
          consentId: id('b'),
          reason: 'typing error',
          agent,
          grant: command({ consentId: id('c'), ...changed }),
        },
        usual,
      );
    const [invalidation, replacement] = accepted(correcting());
    assert.deepEqual(invalidation, {
      type: 'ConsentInvalidated',
      payload: { consentId: id('b'), reason: 'typing error', agent, correctedBy: id('c') },
    });
    assert.ok(replacement?.type === 'ConsentGranted');
    assert.deepEqual(replacement.payload.replaces, [id('b'), id('a')]);
    assert.equal(refusal(correcting({ rules: [] })), 'invalid-request /grant/rules');
    assert.equal(refusal(correcting({ consentId: id('b') })), 'consent-exists /grant/consentId');
  });
});

suite('emergencies and ends', () => {
  const declaring = (changed: object) =>
    declareEmergency(
      {
        declarationId: id('e'),
        recipient: 'Practitioner/amy',
        until: '2026-06-01T14:00:00Z',
        reason: 'unconscious',
        agent,
        now,
        ...changed,
      },
      usual,
    );

  test('S6.2 how far off its end may be is bounded, and it may not be over', () => {
    assert.equal(refusal(declaring({ until: '2026-06-02T00:00:00.001Z' })), 'emergency-too-long /until');
    assert.ok(declaring({ until: '2026-06-02T00:00:00Z' }).ok);
    assert.equal(refusal(declaring({ until: '2026-06-01T12:00:00Z' })), 'emergency-over /until');
    assert.equal(refusal(declaring({ from: '2026-06-01T14:00:00Z' })), 'emergency-over /until');
    assert.ok(declaring({ from: '2026-06-01T00:00:00Z' }).ok);
  });

  test('S2.5 an end is noted once, and only of what stood until then', () => {
    const end = '2026-05-31T23:59:59.999Z';
    const content = { rules: [permit], period: { end } };
    const ends = (...facts: (string | Decided)[]) =>
      accepted(expire(given(granted('a', content), ...facts), now)).map(({ payload }) => payload);
    const noted = { consentId: id('a'), endedAt: '2026-06-01T00:00:00.000Z' };
    assert.deepEqual(ends(), [noted]);
    assert.deepEqual(ends({ type: 'ConsentExpired', payload: noted }), []);
    assert.deepEqual(ends('2026-03-01', revoked('a')), []);
    assert.deepEqual(ends(invalidated('a')), []);
    const replacing = { rules: [permit], signedAt: '2026-02-01T00:00:00.000Z', replaces: [id('a')] };
    assert.deepEqual(ends(granted('b', replacing)), []);
    assert.deepEqual(ends(granted('c', { ...content, form: form('overlay') })).length, 2);
    assert.deepEqual(accepted(expire(given(granted('a', content)), Date.parse(end))), []);
  });
});
