import {
  ask,
  type Case,
  confidentiality,
  days,
  declared,
  expired,
  granted,
  invalidated,
  on,
  plain,
  purpose,
  revoked,
  site,
} from '../story.ts';

const permit = { rules: [{ type: 'permit' as const }] };
const deny = { rules: [{ type: 'deny' as const }] };
const form = (combining: 'independent' | 'replacing' | 'overlay', version = '1', formId = 'leaflet') => ({
  formId,
  version,
  combining,
  textSha256: '0'.repeat(64),
});
const unreadable = { unreadable: { path: 'Consent.provision', reason: 'modifierExtension' } };
const at = (validAt: string, knownAt?: string) =>
  ask({ validAt, ...(knownAt === undefined ? {} : { knownAt }) });

/** S1 and S2: both times, and what stands. */
export const timeCases: readonly Case[] = [
  {
    title: 'S1.1 a period end includes its millisecond',
    events: [granted('A', { ...permit, period: { end: '2026-03-01T08:00:00.000Z' } })],
    question: at('2026-03-01T08:00:00.000Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.1 a period is over one millisecond after its end',
    events: [granted('A', { ...permit, period: { end: '2026-03-01T08:00:00.000Z' } })],
    question: at('2026-03-01T08:00:00.001Z'),
    expect: 'deny: expired',
  },
  {
    title: 'S1.1 finer digits of validAt are cut, not rounded',
    events: [granted('A', { ...permit, period: { end: '2026-03-01T08:00:00.000Z' } })],
    question: at('2026-03-01T08:00:00.000999Z'),
    expect: 'permit: permitted',
    validAt: '2026-03-01T08:00:00.000Z',
  },
  {
    title: 'S1.1 an offset is read: 01:00+02:00 is the day before in UTC',
    events: [granted('A', { ...permit, period: days('2026-03-01') })],
    question: at('2026-03-01T01:00:00+02:00'),
    expect: 'deny: not-yet-valid',
    validAt: '2026-02-28T23:00:00.000Z',
  },
  {
    title: 'S1.1 a period without an end is open',
    events: [granted('A', { ...permit, period: days('2026-02-01') })],
    question: at('2099-01-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.1 an item dated by day covers its whole day in the zone of the ledger',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            dataPeriod: { start: '2026-01-31T23:00:00.000Z', end: '2026-02-01T22:59:59.999Z' },
          },
        ],
      }),
    ],
    question: ask({ items: [{ ...plain, time: '2026-02-01' }] }),
    settings: site({ timeZone: 'Europe/Berlin' }),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.1 the same day in another zone only overlaps, so it is unknown',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            dataPeriod: { start: '2026-01-31T23:00:00.000Z', end: '2026-02-01T22:59:59.999Z' },
          },
        ],
      }),
    ],
    question: ask({ items: [{ ...plain, time: '2026-02-01' }] }),
    expect: 'deny: missing-information',
    missing: ['dataPeriod'],
  },
  {
    title: 'S1.1 a day of the change to summer time has 23 hours',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            dataPeriod: { start: '2026-03-28T23:00:00.000Z', end: '2026-03-29T21:59:59.999Z' },
          },
        ],
      }),
    ],
    question: ask({ items: [{ ...plain, time: '2026-03-29' }] }),
    settings: site({ timeZone: 'Europe/Berlin' }),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.1 an item dated by month covers the month, February to its last day',
    events: [granted('A', { rules: [{ type: 'permit', dataPeriod: days('2024-02-01', '2024-02-29') }] })],
    question: ask({ items: [{ ...plain, time: '2024-02' }] }),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.1 an item dated by year covers the year',
    events: [granted('A', { rules: [{ type: 'permit', dataPeriod: days('2024-01-01', '2024-12-30') }] })],
    question: ask({ items: [{ ...plain, time: '2024' }] }),
    expect: 'deny: missing-information',
  },
  {
    title: 'S1.2 validAt and knownAt default to now',
    events: [granted('A', permit)],
    question: ask(),
    expect: 'permit: permitted',
    validAt: '2026-06-01T00:00:00.000Z',
    knownAt: '2026-06-01T00:00:00.000Z',
  },
  {
    title: 'S1.2 a knownAt that lies ahead is lowered, and the answer says so',
    events: [granted('A', permit)],
    question: ask({ knownAt: '2027-01-01T00:00:00Z' }),
    expect: 'permit: permitted',
    knownAt: '2026-06-01T00:00:00.000Z',
  },
  {
    title: 'S1.2 validAt may lie ahead',
    events: [granted('A', { ...permit, period: days('2027-01-01', '2027-12-31') })],
    question: at('2027-06-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.2 the two times are different questions: used before it was known',
    events: [on('2026-03-01', granted('A', { ...permit, signedAt: '2026-02-01' }))],
    question: at('2026-02-15T00:00:00Z', '2026-03-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.2 what was recorded after knownAt does not count',
    events: [on('2026-03-01', granted('A', { ...permit, signedAt: '2026-02-01' }))],
    question: at('2026-02-15T00:00:00Z', '2026-02-15T00:00:00Z'),
    expect: 'deny: unknown-patient',
    revision: -1,
  },
  {
    title: 'S1.3 known at the very moment of its recording',
    events: [on('2026-03-01T08:00:00.000Z', granted('A', permit))],
    question: ask({ knownAt: '2026-03-01T08:00:00.000Z' }),
    expect: 'permit: permitted',
    revision: 0,
  },
  {
    title: 'S1.3 known at the very moment of its recording, whatever came later',
    events: [on('2026-03-01T08:00:00.000Z', granted('A', permit)), on('2026-04-01', granted('B', deny))],
    question: ask({ knownAt: '2026-03-01T08:00:00.000Z' }),
    expect: 'permit: permitted',
    revision: 0,
  },
  {
    title: 'S1.3 not known a millisecond before',
    events: [on('2026-03-01T08:00:00.000Z', granted('A', permit))],
    question: ask({ knownAt: '2026-03-01T07:59:59.999Z' }),
    expect: 'deny: unknown-patient',
  },
  {
    title: 'S1.3 the answer rests on the last event that was known',
    events: [granted('A', permit), on('2026-02-01', granted('B', deny)), on('2026-04-01', revoked('B'))],
    question: ask({ knownAt: '2026-03-01T00:00:00Z' }),
    expect: 'deny: refused',
    revision: 1,
  },
  {
    title: 'S1.4 what was signed later limits a permit, whatever was recorded first',
    events: [
      on('2026-01-05', granted('B', { otherwise: 'deny', signedAt: '2026-01-03' })),
      on('2026-01-06', granted('A', { ...permit, signedAt: '2026-01-02' })),
    ],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S1.4 of two signed at one moment the later recorded counts as later',
    events: [granted('A', { otherwise: 'deny' }), granted('B', permit)],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S1.4 and the other way round',
    events: [granted('B', permit), granted('A', { otherwise: 'deny' })],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.1 a consent begins when it is signed, where its period starts before',
    events: [granted('A', { ...permit, signedAt: '2026-03-01', period: days('2026-01-01') })],
    question: at('2026-02-01T00:00:00Z'),
    expect: 'deny: not-yet-valid',
  },
  {
    title: 'S2.1 at its beginning it is in force',
    events: [granted('A', { ...permit, signedAt: '2026-03-01', period: days('2026-01-01') })],
    question: at('2026-03-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.1 a consent begins when its period starts, where it was signed before',
    events: [granted('A', { ...permit, period: days('2026-03-01') })],
    question: at('2026-02-28T23:59:59.999Z'),
    expect: 'deny: not-yet-valid',
  },
  {
    title: 'S2.1 a retroactive consent begins at the start of its period',
    events: [
      granted('A', { ...permit, signedAt: '2026-03-01', period: days('2025-12-01'), retroactive: true }),
    ],
    question: at('2026-01-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.1 a period that is over when it is signed is empty',
    events: [granted('A', { ...permit, signedAt: '2026-03-01', period: days('2026-01-01', '2026-02-01') })],
    question: at('2026-01-15T00:00:00Z'),
    expect: 'deny: no-consent',
  },
  {
    title: 'S2.1 a retroactive consent over by its signing still stood',
    events: [
      granted('A', {
        ...permit,
        signedAt: '2026-03-01',
        period: days('2026-01-01', '2026-02-01'),
        retroactive: true,
      }),
    ],
    question: at('2026-01-15T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.2 by default a revocation takes effect when it is recorded',
    events: [granted('A', permit), on('2026-03-01', revoked('A'))],
    question: at('2026-03-01T00:00:00Z'),
    expect: 'deny: revoked',
  },
  {
    title: 'S2.2 what was lawful before stays so',
    events: [granted('A', permit), on('2026-03-01', revoked('A'))],
    question: at('2026-02-28T23:59:59.999Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.2 a withdrawal on paper, entered late, holds from its own day',
    events: [granted('A', permit), on('2026-03-01', revoked('A', '2026-02-01'))],
    question: at('2026-02-15T00:00:00Z'),
    expect: 'deny: revoked',
  },
  {
    title: 'S2.2 but was not believed before it was entered',
    events: [granted('A', permit), on('2026-03-01', revoked('A', '2026-02-01'))],
    question: at('2026-02-15T00:00:00Z', '2026-02-20T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.2 a later effectiveAt leaves the consent standing until then',
    events: [granted('A', permit), on('2026-02-01', revoked('A', '2026-07-01'))],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.2 recorded before the signing date, it takes effect at the signing: it never began',
    events: [granted('A', { ...permit, signedAt: '2026-03-01' }), on('2026-02-01', revoked('A'))],
    question: ask(),
    expect: 'deny: no-consent',
  },
  {
    title: 'S2.2 of several revocations the earliest holds',
    events: [
      granted('A', permit),
      on('2026-02-01', revoked('A', '2026-08-01')),
      on('2026-02-02', revoked('A', '2026-03-01')),
    ],
    question: at('2026-03-01T00:00:00Z'),
    expect: 'deny: revoked',
  },
  {
    title: 'S2.2 a later revocation does not lengthen an earlier one',
    events: [
      granted('A', permit),
      on('2026-02-01', revoked('A', '2026-03-01')),
      on('2026-02-02', revoked('A', '2026-08-01')),
    ],
    question: ask(),
    expect: 'deny: revoked',
  },
  {
    title: 'S2.3 invalidated, it never was',
    events: [granted('A', permit), on('2026-03-01', invalidated('A'))],
    question: at('2026-02-01T00:00:00Z'),
    expect: 'deny: no-consent',
  },
  {
    title: 'S2.3 before that was known, it stood',
    events: [granted('A', permit), on('2026-03-01', invalidated('A'))],
    question: at('2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.3 a correction stands in the place of what it corrects',
    events: [
      granted('A', deny),
      on('2026-03-01', invalidated('A')),
      on('2026-03-01', granted('B', { ...permit, replaces: ['A'] })),
    ],
    question: at('2026-02-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.3 a refusal that was invalidated refuses no more',
    events: [granted('A', permit), granted('B', deny), on('2026-03-01', invalidated('B'))],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.4 what is replaced by name ends when the new one begins',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', period: days('2026-03-01'), replaces: ['A'] }),
    ],
    question: at('2026-03-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.4 and stands until then',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', period: days('2026-03-01'), replaces: ['A'] }),
    ],
    question: at('2026-02-28T23:59:59.999Z'),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 a retroactive successor does not end it before that was signed',
    events: [
      granted('A', deny),
      granted('B', {
        ...permit,
        signedAt: '2026-03-01',
        period: days('2026-01-15'),
        retroactive: true,
        replaces: ['A'],
      }),
    ],
    question: at('2026-02-01T00:00:00Z'),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 under a replacing form the later signed replaces every version signed earlier',
    events: [
      granted('A', { ...deny, form: form('replacing', '1') }),
      granted('B', { ...permit, signedAt: '2026-02-01', form: form('replacing', '2') }),
    ],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.4 what is entered late but signed earlier replaces nothing',
    events: [
      granted('B', { ...permit, signedAt: '2026-02-01', form: form('replacing', '2') }),
      on('2026-03-01', granted('A', { ...deny, form: form('replacing', '1') })),
    ],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.4 another form is not replaced',
    events: [
      granted('A', { ...deny, form: form('replacing', '1', 'other') }),
      granted('B', { ...permit, signedAt: '2026-02-01', form: form('replacing') }),
    ],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 an independent form replaces nothing',
    events: [
      granted('A', { ...deny, form: form('independent') }),
      granted('B', { ...permit, signedAt: '2026-02-01', form: form('independent') }),
    ],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 for good: a refusal does not come back when its successor is revoked',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', replaces: ['A'] }),
      on('2026-03-01', revoked('B')),
    ],
    question: ask(),
    expect: 'deny: revoked',
    basis: [],
  },
  {
    title: 'S2.4 nor a permit',
    events: [
      granted('A', permit),
      granted('B', {
        ...deny,
        signedAt: '2026-02-01',
        period: days('2026-02-01', '2026-02-28'),
        replaces: ['A'],
      }),
    ],
    question: ask(),
    expect: 'deny: expired',
  },
  {
    title: 'S2.4 an invalidated successor replaced nothing',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', replaces: ['A'] }),
      on('2026-03-01', invalidated('B')),
    ],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 a successor revoked at its beginning never began and replaced nothing',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', replaces: ['A'] }),
      on('2026-03-01', revoked('B', '2026-02-01')),
    ],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.4 a successor revoked a moment after its beginning replaced it for good',
    events: [
      granted('A', deny),
      granted('B', { ...permit, signedAt: '2026-02-01', replaces: ['A'] }),
      on('2026-03-01', revoked('B', '2026-02-01T00:00:00.001Z')),
    ],
    question: ask(),
    expect: 'deny: revoked',
  },
  {
    title: 'S2.4 a successor whose period is empty replaced nothing',
    events: [
      granted('A', permit),
      granted('B', {
        ...deny,
        signedAt: '2026-03-01',
        period: days('2026-02-01', '2026-02-28'),
        replaces: ['A'],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.4 a successor that was itself replaced before it began replaced nothing',
    events: [
      granted('A', permit),
      granted('B', { ...deny, signedAt: '2026-01-02', period: days('2026-05-01'), replaces: ['A'] }),
      granted('C', {
        rules: [{ type: 'deny', action: ['collect'] }],
        signedAt: '2026-02-01',
        replaces: ['B'],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0]'] }],
  },
  {
    title: 'S2.4 of two that replace each other at one moment the later recorded stands',
    events: [
      granted('A', {
        ...deny,
        signedAt: '2026-02-01',
        period: days('2026-03-01'),
        form: form('replacing', '2'),
      }),
      granted('B', {
        ...permit,
        signedAt: '2026-01-01',
        period: days('2026-03-01'),
        form: form('replacing', '1'),
        replaces: ['A'],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'B', revision: 1, rules: ['rules[0]'] }],
  },
  {
    title: 'S2.4 the later recorded stands, though the other began long before, being retroactive',
    events: [
      granted('A', {
        ...deny,
        signedAt: '2026-03-01',
        period: days('2026-01-01'),
        retroactive: true,
        form: form('replacing', '2'),
      }),
      granted('B', {
        ...permit,
        signedAt: '2026-01-01',
        period: days('2026-03-01'),
        form: form('replacing', '1'),
        replaces: ['A'],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'B', revision: 1, rules: ['rules[0]'] }],
  },
  {
    title: 'S2.5 ConsentExpired changes no answer',
    events: [
      granted('A', { ...permit, period: days(undefined, '2026-12-31') }),
      on('2026-02-01', expired('A', '2026-01-31')),
    ],
    question: ask(),
    expect: 'permit: permitted',
    revision: 1,
  },
  {
    title: 'S2.5 a consent is over without ConsentExpired',
    events: [granted('A', { ...permit, period: days(undefined, '2026-05-31') })],
    question: ask(),
    expect: 'deny: expired',
  },
  {
    title: 'S2.6 an id stands for one consent: what is revoked is that one alone',
    events: [granted('A', permit), granted('B', permit), on('2026-02-01', revoked('A'))],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'B', revision: 1, rules: ['rules[0]'] }],
  },
  {
    title: 'S2.7 an unreadable document turns a permit into deny',
    events: [granted('A', permit), granted('B', unreadable)],
    question: ask(),
    expect: 'deny: missing-information',
  },
  {
    title: 'S2.7 alone it is missing information, and names itself',
    events: [granted('B', unreadable)],
    question: ask(),
    expect: 'deny: missing-information',
    basis: [{ name: 'B', revision: 0 }],
  },
  {
    title: 'S2.7 once it is replaced by its reading it turns nothing',
    events: [granted('B', unreadable), granted('A', { ...permit, signedAt: '2026-02-01', replaces: ['B'] })],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.7 once it is invalidated it turns nothing',
    events: [granted('A', permit), granted('B', unreadable), on('2026-02-01', invalidated('B'))],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.7 a refusal stays refused',
    events: [granted('A', deny), granted('B', unreadable)],
    question: ask(),
    expect: 'deny: refused',
  },
  {
    title: 'S2.7 what would be permitted by the implicit policy is turned too',
    events: [granted('B', unreadable)],
    question: ask(),
    settings: site({
      implicitPolicy: { purposes: [{ purpose: purpose('TREAT'), decision: 'permit' }] },
    }),
    expect: 'deny: missing-information',
  },
  {
    title: 'S2.7 but not a breaking of the glass',
    events: [
      granted('B', unreadable),
      on('2026-06-01', declared('E', 'Practitioner/amy', '2026-06-01T06:00:00Z')),
    ],
    question: ask({ purpose: purpose('BTG') }),
    expect: 'permit: break-glass',
  },
  {
    title: 'S2.7 signed later than the moment of use it turns nothing yet',
    events: [granted('A', permit), granted('B', { ...unreadable, signedAt: '2026-05-01' })],
    question: at('2026-04-01T00:00:00Z'),
    expect: 'permit: permitted',
  },
  {
    title: 'S2.1, S1.1 both periods, of the consent and of a rule, must hold the moment',
    events: [
      granted('A', {
        period: days('2026-01-01', '2026-12-31'),
        rules: [{ type: 'permit', period: days('2026-01-01', '2026-03-31'), label: [confidentiality('N')] }],
      }),
    ],
    question: ask(),
    expect: 'deny: not-covered',
  },
];
