import {
  ask,
  askAbout,
  type Case,
  confidentiality,
  days,
  declared,
  duty,
  granted,
  invalidated,
  on,
  plain,
  plainCode,
  purpose,
  type ResidualCase,
  revoked,
  sensitivity,
  site,
} from '../story.ts';

const form = (combining: 'independent' | 'replacing' | 'overlay', formId = 'leaflet') => ({
  formId,
  version: '1',
  combining,
  textSha256: '0'.repeat(64),
});
const permit = { rules: [{ type: 'permit' as const }] };
const deny = { rules: [{ type: 'deny' as const }] };
const amyOnly = { rules: [{ type: 'permit' as const, recipient: [{ reference: 'Practitioner/amy' }] }] };
const bobOnly = { rules: [{ type: 'permit' as const, recipient: [{ reference: 'Practitioner/bob' }] }] };
const met = 'permit: permitted';
const refused = 'deny: refused';
const unknown = 'deny: missing-information';
const policy = (...purposes: readonly [string, 'permit' | 'deny'][]) =>
  site({
    implicitPolicy: { purposes: purposes.map(([code, decision]) => ({ purpose: purpose(code), decision })) },
  });
const elsewhere = granted('Z', { purpose: [purpose('HPAYMT')], otherwise: 'permit' });

/** S7.1, S7.2: how consents decide together. */
const together: readonly Case[] = [
  {
    title: 'S7.1 between consents deny wins',
    events: [granted('A', permit), granted('B', deny)],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1 also over a permit that was signed later',
    events: [granted('A', deny), granted('B', { ...permit, signedAt: '2026-02-01' })],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1 by rule comes before otherwise: a list after a blanket refusal',
    events: [granted('A', { otherwise: 'deny' }), granted('B', { ...amyOnly, signedAt: '2026-02-01' })],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 a list signed after a blanket permit limits it',
    events: [granted('A', permit), granted('B', { ...bobOnly, otherwise: 'deny', signedAt: '2026-02-01' })],
    question: ask(),
    expect: refused,
    basis: [
      { name: 'A', revision: 0, rules: ['rules[0]'] },
      { name: 'B', revision: 1, otherwise: true },
    ],
  },
  {
    title: 'S7.1 for whom the list itself names, both permit',
    events: [granted('A', permit), granted('B', { ...amyOnly, otherwise: 'deny', signedAt: '2026-02-01' })],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 a list signed before does not',
    events: [
      granted('A', { ...bobOnly, otherwise: 'deny' }),
      granted('B', { ...permit, signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 lists of who may are read together',
    events: [
      granted('A', { ...amyOnly, otherwise: 'deny' }),
      granted('B', { ...bobOnly, otherwise: 'deny', signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 a later list about other purposes limits nothing',
    events: [
      granted('A', permit),
      granted('B', {
        ...bobOnly,
        purpose: [purpose('HRESCH')],
        otherwise: 'deny',
        signedAt: '2026-02-01',
      }),
    ],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 a later list about a purpose below the one asked about limits the permit',
    events: [
      granted('A', permit),
      granted('B', { purpose: [purpose('COC')], otherwise: 'deny', signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: unknown,
  },
  {
    title: 'S7.1 otherwise: deny before permit',
    events: [granted('A', { otherwise: 'permit' }), granted('B', { otherwise: 'deny' })],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1 otherwise: permit where none says deny',
    events: [granted('A', { otherwise: 'permit' }), elsewhere],
    question: ask(),
    expect: met,
    basis: [{ name: 'A', revision: 0, otherwise: true }],
  },
  ...[undefined, [plainCode('1')]].map(
    (code): Case => ({
      title: `S7.1 the unknown may not permit what a later overlay would refuse (code ${code ? 'known' : 'unknown'})`,
      events: [
        granted('A', { ...permit, otherwise: 'deny', form: form('overlay') }),
        granted('B', {
          rules: [{ type: 'permit', code: [plainCode('1')] }],
          form: form('overlay'),
          signedAt: '2026-02-01',
        }),
        granted('C', { otherwise: 'deny', signedAt: '2026-03-01' }),
      ],
      question: ask({ items: [{ ...(code && { code }) }] }),
      expect: code ? refused : unknown,
    }),
  ),
  {
    title: 'S7.1 overlay: only the one that began latest is heard',
    events: [
      granted('A', { ...deny, form: form('overlay') }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: met,
    basis: [{ name: 'B', revision: 1, rules: ['rules[0]'] }],
  },
  {
    title: 'S7.1 overlay: the latest by its beginning, not by its signature',
    events: [
      granted('A', { ...deny, form: form('overlay'), period: days('2026-03-01') }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1 overlay: begun on the same day, all of them: deny wins',
    events: [
      granted('A', { ...deny, form: form('overlay'), signedAt: '2026-02-01T08:00:00Z' }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01T17:00:00Z' }),
    ],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1, S1.1 overlay: the day is one of the zone of the ledger',
    events: [
      granted('A', { ...deny, form: form('overlay'), signedAt: '2026-02-01T22:00:00Z' }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01T23:30:00Z' }),
    ],
    question: ask(),
    settings: site({ timeZone: 'Europe/Berlin' }),
    expect: met,
  },
  {
    title: 'S7.1 overlay: for each item, among those whose rules have an outcome',
    events: [
      granted('A', { ...deny, form: form('overlay') }),
      granted('B', {
        rules: [{ type: 'permit', code: [plainCode('1')] }],
        form: form('overlay'),
        signedAt: '2026-02-01',
      }),
    ],
    question: askAbout({ code: [plainCode('1')] }, { code: [plainCode('2')] }),
    expect: [met, refused],
  },
  {
    title: 'S7.1 overlay: where none has an outcome, all are heard, by otherwise',
    events: [
      granted('A', { otherwise: 'deny', form: form('overlay') }),
      granted('B', { ...bobOnly, otherwise: 'permit', form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.1 overlay: who is not heard does not limit by otherwise either',
    events: [
      granted('A', { ...amyOnly, form: form('overlay') }),
      granted('B', { ...bobOnly, otherwise: 'deny', form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: met,
  },
  {
    title: 'S7.1 overlay: other forms and consents are heard besides',
    events: [
      granted('A', { ...deny, form: form('overlay', 'other') }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: refused,
  },
  {
    title: 'S7.2 the implicit policy holds where no consent speaks',
    events: [elsewhere],
    question: ask(),
    settings: policy(['TREAT', 'permit']),
    expect: 'permit: implicit-policy',
    basis: [],
  },
  {
    title: 'S7.2 for purposes below the listed one too',
    events: [elsewhere],
    question: ask({ purpose: purpose('ERTREAT') }),
    settings: policy(['TREAT', 'permit']),
    expect: 'permit: implicit-policy',
  },
  {
    title: 'S7.2 the nearest listed ancestor counts',
    events: [elsewhere],
    question: ask({ purpose: purpose('ERTREAT') }),
    settings: policy(['TREAT', 'permit'], ['ETREAT', 'deny']),
    expect: 'deny: implicit-policy',
  },
  {
    title: 'S7.2 a permit below a listed refusal counts, being nearer',
    events: [elsewhere],
    question: ask({ purpose: purpose('ERTREAT') }),
    settings: policy(['TREAT', 'deny'], ['ETREAT', 'permit']),
    expect: 'permit: implicit-policy',
  },
  {
    title: 'S7.2 deny among equals',
    events: [elsewhere],
    question: ask({ purpose: { system: 'urn:site:purpose', code: 'registry' } }),
    settings: site({
      purposes: [
        { system: 'urn:site:purpose', code: 'registry', parents: [purpose('HRESCH'), purpose('PUBHLTH')] },
      ],
      implicitPolicy: {
        purposes: [
          { purpose: purpose('HRESCH'), decision: 'permit' },
          { purpose: purpose('PUBHLTH'), decision: 'deny' },
        ],
      },
    }),
    expect: 'deny: implicit-policy',
  },
  {
    title: 'S7.2 a purpose above one listed as deny is denied, though listed itself',
    events: [elsewhere],
    question: ask(),
    settings: policy(['TREAT', 'permit'], ['ETREAT', 'deny']),
    expect: 'deny: implicit-policy',
  },
  {
    title: 'S7.2 a purpose that shares a code below with one listed as deny is denied',
    events: [elsewhere],
    question: ask({ purpose: purpose('HRESCH') }),
    settings: site({
      purposes: [
        { system: 'urn:site:purpose', code: 'registry', parents: [purpose('HRESCH'), purpose('PUBHLTH')] },
      ],
      implicitPolicy: {
        purposes: [
          { purpose: purpose('HRESCH'), decision: 'permit' },
          { purpose: purpose('PUBHLTH'), decision: 'deny' },
        ],
      },
    }),
    expect: 'deny: implicit-policy',
  },
  {
    title: 'S7.2 by default an unknown patient is denied under any policy',
    events: [],
    question: ask(),
    settings: policy(['TREAT', 'permit']),
    expect: 'deny: unknown-patient',
    revision: -1,
  },
  {
    title: 'S7.2 where it is set the policy holds for unknown patients',
    events: [],
    question: ask(),
    settings: site({
      implicitPolicy: {
        purposes: [{ purpose: purpose('TREAT'), decision: 'permit' }],
        unknownPatients: true,
      },
    }),
    expect: 'permit: implicit-policy',
  },
  {
    title: 'S7.2 a patient of whom only an invalidated consent is held is known',
    events: [granted('A', deny), on('2026-02-01', invalidated('A'))],
    question: ask(),
    settings: policy(['TREAT', 'permit']),
    expect: 'permit: implicit-policy',
  },
  {
    title: 'S7.2 a patient of whom only an emergency is held is unknown',
    events: [on('2026-05-01', declared('E', 'Practitioner/amy', '2026-05-01T06:00:00Z'))],
    question: ask(),
    settings: policy(['TREAT', 'permit']),
    expect: 'deny: unknown-patient',
  },
  {
    title: 'S7.2 what is granted after knownAt makes nobody known',
    events: [on('2026-05-01', granted('A', deny))],
    question: ask({ knownAt: '2026-04-01T00:00:00Z' }),
    settings: policy(['TREAT', 'permit']),
    expect: 'deny: unknown-patient',
  },
  {
    title: 'S7.2 a policy that denies what a consent permits does not matter',
    events: [granted('A', permit)],
    question: ask(),
    settings: policy(['TREAT', 'deny']),
    expect: met,
  },
];

/** S7.3 to S7.6: what the answer says. */
const answers: readonly Case[] = [
  {
    title: 'S7.3 not-covered: consents in force, none speaks',
    events: [elsewhere],
    question: ask(),
    expect: 'deny: not-covered',
  },
  {
    title: 'S7.3 expired, of the consent that began last',
    events: [
      granted('A', permit),
      on('2026-02-01', revoked('A')),
      granted('B', { ...permit, signedAt: '2026-03-01', period: days(undefined, '2026-04-30') }),
    ],
    question: ask(),
    expect: 'deny: expired',
  },
  {
    title: 'S7.3 revoked, of the consent that began last',
    events: [
      granted('A', { ...permit, period: days(undefined, '2026-04-30') }),
      granted('B', { ...permit, signedAt: '2026-02-01' }),
      on('2026-03-01', revoked('B')),
    ],
    question: ask(),
    expect: 'deny: revoked',
  },
  {
    title: 'S7.3 not-yet-valid, of the consent that will begin last',
    events: [
      granted('A', { ...permit, period: days(undefined, '2026-04-30') }),
      granted('B', { ...permit, period: days('2026-07-01') }),
    ],
    question: ask(),
    expect: 'deny: not-yet-valid',
  },
  {
    title: 'S7.3 no-consent: known, and nothing ever began',
    events: [granted('A', permit), on('2026-02-01', invalidated('A'))],
    question: ask(),
    expect: 'deny: no-consent',
  },
  {
    title: 'S7.3 an invalidated consent is not the one that began last',
    events: [
      granted('A', { ...permit, period: days(undefined, '2026-04-30') }),
      granted('B', { ...permit, signedAt: '2026-03-01' }),
      on('2026-04-01', invalidated('B')),
    ],
    question: ask(),
    expect: 'deny: expired',
  },
  {
    title: 'S7.3 missing-information: a permit was lost, though otherwise refuses',
    events: [granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }], otherwise: 'deny' })],
    question: ask({ items: [{}] }),
    expect: unknown,
    basis: [{ name: 'A', revision: 0, otherwise: true }],
  },
  {
    title: 'S7.3 a lost permit does not excuse a refusal by rule',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] }),
      granted('B', { rules: [{ type: 'deny', action: ['access'] }] }),
    ],
    question: ask({ items: [{}] }),
    expect: refused,
    missing: ['code'],
  },
  {
    title: 'S7.3 a lost permit takes nothing from another that permits',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] }),
      granted('B', { rules: [{ type: 'permit', action: ['access'] }] }),
    ],
    question: ask({ items: [{}] }),
    expect: met,
    basis: [{ name: 'B', revision: 1, rules: ['rules[0]'] }],
  },
  {
    title: 'S7.3 missing-information: a permit was lost, and one that does not hold is none',
    events: [
      granted('A', permit),
      granted('B', {
        rules: [{ type: 'permit', code: [plainCode('1')] }],
        otherwise: 'deny',
        signedAt: '2026-02-01',
      }),
    ],
    question: ask({ items: [{}] }),
    expect: unknown,
  },
  {
    title: 'S7.3 missing-information comes before the implicit policy that denies',
    events: [granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] })],
    question: ask({ items: [{}] }),
    settings: policy(['TREAT', 'deny']),
    expect: unknown,
  },
  {
    title: 'S7.3 but not before one that permits',
    events: [granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] })],
    question: ask({ items: [{}] }),
    settings: policy(['TREAT', 'permit']),
    expect: 'permit: implicit-policy',
  },
  {
    title: 'S7.3, S2.7 an unreadable consent comes before not-covered',
    events: [
      elsewhere,
      granted('B', { unreadable: { path: 'Consent.provision', reason: 'modifierExtension' } }),
    ],
    question: ask(),
    expect: unknown,
    basis: [{ name: 'B', revision: 1 }],
  },
  {
    title: 'S7.4 obligations of every permit rule on the path',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            obligations: [duty('outer')],
            exceptions: [{ exceptions: [{ obligations: [duty('inner')] }] }],
          },
        ],
      }),
    ],
    question: ask(),
    expect: met,
    obligations: ['inner', 'outer'],
  },
  {
    title: 'S7.4 without doubles, in code order, of all consents that permit',
    events: [
      granted('A', { rules: [{ type: 'permit', obligations: [duty('c'), duty('a')] }] }),
      granted('B', { rules: [{ type: 'permit', obligations: [duty('b'), duty('a')] }] }),
    ],
    question: ask(),
    expect: met,
    obligations: ['a', 'b', 'c'],
  },
  {
    title: 'S7.4 not of a permit rule that is not met',
    events: [
      granted('A', {
        rules: [{ type: 'permit' }, { type: 'permit', action: ['collect'], obligations: [duty('other')] }],
      }),
    ],
    question: ask(),
    expect: met,
    obligations: [],
  },
  {
    title: 'S7.4 of a permit rule that is unknown, also in another consent',
    events: [
      granted('A', permit),
      granted('B', {
        rules: [{ type: 'permit', code: [plainCode('1')], obligations: [duty('perhaps')] }],
      }),
    ],
    question: ask({ items: [{}] }),
    expect: met,
    obligations: ['perhaps'],
  },
  {
    title: 'S7.4 of a met permit rule on the path of a lost permit',
    events: [
      granted('A', permit),
      granted('B', {
        rules: [{ type: 'deny', code: [plainCode('1')], exceptions: [{ obligations: [duty('perhaps')] }] }],
      }),
    ],
    question: ask({ items: [{}] }),
    expect: met,
    obligations: ['perhaps'],
  },
  {
    title: 'S7.4 the path of a lost permit begins at the rule of the consent',
    events: [
      granted('A', {
        rules: [
          {
            type: 'deny',
            exceptions: [
              {
                obligations: [duty('perhaps')],
                exceptions: [{ exceptions: [{ code: [plainCode('1')] }] }],
              },
            ],
          },
        ],
        form: form('overlay'),
      }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask({ items: [{}] }),
    expect: met,
    obligations: ['perhaps'],
  },
  {
    title: 'S7.4 of a permit by otherwise: those of unknown permit rules',
    events: [
      granted('A', {
        rules: [{ type: 'permit', code: [plainCode('1')], obligations: [duty('perhaps')] }],
        otherwise: 'permit',
      }),
    ],
    question: ask({ items: [{}] }),
    expect: met,
    obligations: ['perhaps'],
  },
  {
    title: 'S7.4 not of a permit that does not hold',
    events: [
      granted('A', { rules: [{ type: 'permit', obligations: [duty('blanket')] }] }),
      granted('B', { ...amyOnly, otherwise: 'deny', signedAt: '2026-02-01' }),
      granted('C', { ...bobOnly, otherwise: 'deny', signedAt: '2026-03-01' }),
    ],
    question: ask(),
    expect: met,
    obligations: [],
  },
  {
    title: 'S7.4 not of a permit that an overlay mutes',
    events: [
      granted('A', {
        rules: [{ type: 'permit', obligations: [duty('older')] }],
        form: form('overlay'),
      }),
      granted('B', { ...permit, form: form('overlay'), signedAt: '2026-02-01' }),
    ],
    question: ask(),
    expect: met,
    obligations: [],
  },
  {
    title: 'S7.4 a denial has none',
    events: [granted('A', { rules: [{ type: 'permit', obligations: [duty('x')] }] }), granted('B', deny)],
    question: ask(),
    expect: refused,
    obligations: [],
  },
  {
    title: 'S7.4 of break-glass: those of every permit rule met or unknown, though another denies',
    events: [
      granted('A', {
        rules: [
          { type: 'permit', obligations: [duty('met')] },
          { type: 'permit', code: [plainCode('1')], obligations: [duty('unknown')] },
          { type: 'permit', action: ['collect'], obligations: [duty('not-met')] },
          { type: 'deny' },
        ],
      }),
      on('2026-06-01', declared('E', 'Practitioner/amy', '2026-06-01T06:00:00Z')),
    ],
    question: ask({ purpose: purpose('BTG'), items: [{}] }),
    expect: 'permit: break-glass',
    obligations: ['met', 'unknown'],
  },
  {
    title: 'S7.5 the basis names each consent by the revision of its grant',
    events: [
      granted('A', { ...deny, purpose: [purpose('HPAYMT')] }),
      on('2026-02-01', invalidated('A')),
      granted('B', permit),
      granted('C', { rules: [{ type: 'permit', action: ['access', 'use'] }] }),
    ],
    question: ask(),
    expect: met,
    revision: 3,
    basis: [
      { name: 'B', revision: 2, rules: ['rules[0]'] },
      { name: 'C', revision: 3, rules: ['rules[0]'] },
    ],
  },
  {
    title: 'S7.5 missing names what made rules unknown, also where the answer is certain',
    events: [
      granted('A', {
        rules: [{ type: 'permit', label: [sensitivity('HIV')], dataPeriod: days('2025-01-01') }],
      }),
      granted('B', deny),
    ],
    question: ask({ items: [{ ...plain, labels: undefined, time: undefined }] }),
    expect: refused,
    missing: ['dataPeriod', 'labels'],
  },
  {
    title: 'S7.5 effective times and revision stand in the answer',
    events: [granted('A', permit), on('2026-02-01', revoked('A'))],
    question: ask({ validAt: '2026-01-15T09:00:00+01:00', knownAt: '2026-01-20T00:00:00Z' }),
    expect: met,
    validAt: '2026-01-15T08:00:00.000Z',
    knownAt: '2026-01-20T00:00:00.000Z',
    revision: 0,
  },
  {
    title: 'S7.6 an answer about the past stays, whatever is recorded later',
    events: [
      granted('A', permit),
      on('2026-05-01', invalidated('A')),
      on('2026-05-02', granted('B', { ...deny, signedAt: '2026-01-02' })),
      on('2026-05-03', revoked('B', '2026-01-02')),
    ],
    question: ask({ validAt: '2026-03-01T00:00:00Z', knownAt: '2026-03-01T00:00:00Z' }),
    expect: met,
    revision: 0,
  },
];

export const answerCases: readonly Case[] = [...together, ...answers];

const enforced = (...enforces: NonNullable<Parameters<typeof ask>[0]>['enforces'] & object) =>
  ask({ items: [{}], enforces });
const coded = (...codes: readonly string[]) => ({ ...plain, code: codes.map(plainCode) });
const labelled = (...labels: readonly ReturnType<typeof sensitivity>[]) => ({
  ...plain,
  labels: [...labels],
});

/** S7.7: `applied` is what the residual must give; asking about the same item gives the same. */
export const residualCases: readonly ResidualCase[] = [
  {
    title: 'S7.7 an asker that enforces codes gets a permit but for those that are refused',
    events: [granted('A', { rules: [{ type: 'deny', code: [plainCode('1')] }], otherwise: 'permit' })],
    question: enforced('code'),
    expect: 'conditional: conditional',
    applied: [
      [coded('1'), 'deny'],
      [coded('2'), 'permit'],
      [coded('2', '1'), 'deny'],
      [coded(), 'permit'],
    ],
  },
  {
    title: 'S7.7 a lost permit becomes a condition',
    events: [granted('A', { rules: [{ type: 'permit', label: [confidentiality('N')] }] })],
    question: enforced('labels'),
    expect: 'conditional: conditional',
    applied: [
      [labelled(confidentiality('N')), 'permit'],
      [labelled(confidentiality('R')), 'deny'],
      [labelled(sensitivity('HIV')), 'deny'],
      [labelled(), 'permit'],
    ],
  },
  {
    title: 'S7.7 everything else is decided: rules for another recipient are gone',
    events: [
      granted('A', {
        rules: [
          { type: 'permit', code: [plainCode('1')] },
          {
            type: 'deny',
            code: [plainCode('1')],
            recipient: [{ reference: 'Practitioner/bob' }],
          },
        ],
      }),
    ],
    question: enforced('code'),
    expect: 'conditional: conditional',
    applied: [
      [coded('1'), 'permit'],
      [coded('2'), 'deny'],
    ],
  },
  {
    title: 'S7.7 never conditional when it would permit nothing',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] }),
      granted('B', { rules: [{ type: 'deny' }] }),
    ],
    question: enforced('code'),
    expect: 'deny: refused',
  },
  {
    title: 'S7.7 never conditional when it would permit everything',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] }),
      granted('B', { rules: [{ type: 'permit' }] }),
    ],
    question: enforced('code'),
    expect: 'permit: permitted',
  },
  {
    title: 'S7.7 what the asker does not enforce stays unknown, and refuses',
    events: [granted('A', { rules: [{ type: 'deny', code: [plainCode('1')] }], otherwise: 'permit' })],
    question: enforced('labels'),
    expect: 'deny: missing-information',
  },
  {
    title: 'S7.7 not asked for, it is not given',
    events: [granted('A', { rules: [{ type: 'deny', code: [plainCode('1')] }], otherwise: 'permit' })],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
  },
  {
    title: 'S7.7 a list after a blanket permit limits what is left',
    events: [
      granted('A', { rules: [{ type: 'permit' }] }),
      granted('B', {
        rules: [{ type: 'permit', code: [plainCode('1')] }],
        otherwise: 'deny',
        signedAt: '2026-02-01',
      }),
    ],
    question: enforced('code'),
    expect: 'conditional: conditional',
    applied: [
      [coded('1'), 'permit'],
      [coded('2'), 'deny'],
    ],
  },
  {
    title: 'S7.7 lists of who may are read together in what is left',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }], otherwise: 'deny' }),
      granted('B', {
        rules: [{ type: 'permit', code: [plainCode('2')] }],
        otherwise: 'deny',
        signedAt: '2026-02-01',
      }),
    ],
    question: enforced('code'),
    expect: 'conditional: conditional',
    applied: [
      [coded('1'), 'permit'],
      [coded('2'), 'permit'],
      [coded('3'), 'deny'],
    ],
  },
  {
    title: 'S7.7 what else is unknown may refuse in the residual, and never permit',
    events: [
      granted('A', {
        rules: [
          { type: 'permit', code: [plainCode('1')] },
          { type: 'permit', code: [plainCode('2')], author: ['Practitioner/eve'] },
          { type: 'deny', code: [plainCode('3')], author: ['Practitioner/eve'] },
        ],
      }),
      granted('B', { rules: [{ type: 'deny', code: [plainCode('4')] }] }),
    ],
    question: enforced('code'),
    expect: 'conditional: conditional',
    applied: [
      [{ code: [plainCode('1')] }, 'permit'],
      [{ code: [plainCode('2')] }, 'deny'],
      [{ code: [plainCode('1'), plainCode('3')] }, 'deny'],
      [{ code: [plainCode('1'), plainCode('4')] }, 'deny'],
    ],
  },
  {
    title: 'S7.7 exceptions are kept in the residual',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            exceptions: [{ label: [sensitivity('BH')], exceptions: [{ code: [plainCode('1')] }] }],
          },
        ],
      }),
    ],
    question: enforced('code', 'labels'),
    expect: 'conditional: conditional',
    applied: [
      [labelled(sensitivity('COGN')), 'deny'],
      [{ ...labelled(sensitivity('COGN')), code: [plainCode('1')] }, 'permit'],
      [labelled(sensitivity('HIV')), 'permit'],
    ],
  },
  {
    title: 'S7.7 an unreadable consent leaves nothing to condition',
    events: [
      granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] }),
      granted('B', { unreadable: { path: 'Consent.provision', reason: 'modifierExtension' } }),
    ],
    question: enforced('code'),
    expect: 'deny: missing-information',
  },
  {
    title: 'S7.7 author, class, data and dataPeriod are conditions too',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            class: [{ code: 'Observation' }],
            data: [{ reference: 'Encounter/e1', meaning: 'related' }],
            dataPeriod: days('2025-01-01', '2025-12-31'),
            exceptions: [{ author: ['Practitioner/eve'] }],
          },
        ],
      }),
    ],
    question: enforced('class', 'data', 'dataPeriod', 'author'),
    expect: 'conditional: conditional',
    applied: [
      [{ ...plain, class: [{ code: 'Observation' }], related: ['Encounter/e1'] }, 'permit'],
      [
        {
          ...plain,
          class: [{ code: 'Observation' }],
          related: ['Encounter/e1'],
          author: ['Practitioner/eve'],
        },
        'deny',
      ],
      [{ ...plain, class: [{ code: 'Observation' }], related: ['Encounter/e1'], time: '2024-12-31' }, 'deny'],
      [{ ...plain, class: [{ code: 'Observation' }] }, 'deny'],
    ],
  },
];
