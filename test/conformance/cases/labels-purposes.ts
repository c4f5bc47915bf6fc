import {
  ask,
  askAbout,
  type Case,
  confidentiality,
  declared,
  duty,
  granted,
  on,
  plainCode,
  purpose,
  sensitivity,
  site,
  siteLabel,
} from '../story.ts';

const permitIf = (criteria: object) => [granted('A', { rules: [{ type: 'permit' as const, ...criteria }] })];
const denyIf = (criteria: object) => [
  granted('A', { rules: [{ type: 'deny' as const, ...criteria }], otherwise: 'permit' }),
];
const met = 'permit: permitted';
const notMet = 'deny: not-covered';
const unknown = 'deny: missing-information';
const refused = 'deny: refused';
const labelled = (...labels: readonly ReturnType<typeof sensitivity>[]) => ({ labels: [...labels] });
const configured = site({ labelSystems: ['urn:site:label'] });

/** S5: labels. */
export const labelCases: readonly Case[] = [
  {
    title: 'S5.1 a permit to R covers R and lower, not V',
    events: permitIf({ label: [confidentiality('R')] }),
    question: askAbout(
      labelled(confidentiality('U')),
      labelled(confidentiality('N')),
      labelled(confidentiality('R')),
      labelled(confidentiality('V')),
    ),
    expect: [met, met, met, notMet],
  },
  {
    title: 'S5.1 of the listed confidentialities the highest counts',
    events: permitIf({ label: [confidentiality('L'), confidentiality('R')] }),
    question: askAbout(labelled(confidentiality('N'))),
    expect: met,
  },
  {
    title: 'S5.1 of the item the highest confidentiality counts',
    events: permitIf({ label: [confidentiality('N')] }),
    question: askAbout(labelled(confidentiality('L'), confidentiality('R'))),
    expect: notMet,
  },
  {
    title: 'S5.1 an item without confidentiality counts as N',
    events: permitIf({ label: [confidentiality('N')] }),
    question: askAbout({ labels: [] }),
    expect: met,
  },
  {
    title: 'S5.1 N is above M',
    events: permitIf({ label: [confidentiality('M')] }),
    question: askAbout({ labels: [] }),
    expect: notMet,
  },
  {
    title: 'S5.1 with a sensitivity label it counts as R',
    events: permitIf({ label: [confidentiality('N')] }),
    question: askAbout(labelled(sensitivity('HIV'))),
    expect: notMet,
  },
  {
    title: 'S5.1 unless its confidentiality is said',
    events: permitIf({ label: [confidentiality('N')] }),
    question: askAbout(labelled(sensitivity('HIV'), confidentiality('L'))),
    expect: met,
  },
  {
    title: 'S5.1 a label of another system makes no item sensitive',
    events: permitIf({ label: [confidentiality('N')] }),
    question: askAbout(labelled(plainCode('secret'))),
    expect: met,
  },
  {
    title: 'S5.1 sensitivity: at least one, and each a listed code or below one',
    events: permitIf({ label: [sensitivity('BH')] }),
    question: askAbout(
      labelled(sensitivity('BH')),
      labelled(sensitivity('COGN')),
      labelled(sensitivity('COGN'), sensitivity('HIV')),
      { labels: [] },
      { labels: undefined },
    ),
    expect: [met, met, notMet, notMet, unknown],
  },
  {
    title: 'S5.1 every listed family must be covered',
    events: permitIf({ label: [sensitivity('HIV'), confidentiality('N')] }),
    question: askAbout(
      labelled(sensitivity('HIV')),
      labelled(sensitivity('HIV'), confidentiality('N')),
      labelled(confidentiality('N')),
    ),
    expect: [notMet, met, notMet],
  },
  {
    title: 'S5.1 a configured system compares for equality',
    events: permitIf({ label: [siteLabel('staff')] }),
    question: askAbout(
      labelled(siteLabel('staff')),
      labelled(siteLabel('staff'), siteLabel('press')),
      labelled(siteLabel('press')),
      { labels: [] },
    ),
    settings: configured,
    expect: [met, notMet, notMet, notMet],
  },
  {
    title: 'S5.1 an item label above a listed one is unknown',
    events: permitIf({ label: [sensitivity('SUD')] }),
    question: askAbout(labelled(sensitivity('SPI'))),
    expect: unknown,
    missing: ['labels'],
  },
  {
    title: 'S5.1 what is certainly not covered beats what is unknown',
    events: permitIf({ label: [sensitivity('SUD')] }),
    question: askAbout(labelled(sensitivity('SPI'), sensitivity('HIV'))),
    expect: notMet,
  },
  {
    title: 'S5.2 confidentiality: at or above the lowest listed',
    events: denyIf({ label: [confidentiality('R'), confidentiality('V')] }),
    question: askAbout(
      labelled(confidentiality('N')),
      labelled(confidentiality('R')),
      labelled(confidentiality('V')),
      { labels: [] },
      labelled(sensitivity('HIV')),
    ),
    expect: [met, refused, refused, met, refused],
  },
  {
    title: 'S5.2 sensitivity: any of its labels is a listed code or below one',
    events: denyIf({ label: [sensitivity('BH')] }),
    question: askAbout(
      labelled(sensitivity('HIV'), sensitivity('COGN')),
      labelled(sensitivity('HIV')),
      { labels: [] },
      { labels: undefined },
    ),
    expect: [refused, met, met, unknown],
  },
  {
    title: 'S5.2 touched in any listed family',
    events: denyIf({ label: [sensitivity('HIV'), confidentiality('V')] }),
    question: askAbout(
      labelled(sensitivity('HIV'), confidentiality('N')),
      labelled(confidentiality('V')),
      labelled(confidentiality('R')),
    ),
    expect: [refused, refused, met],
  },
  {
    title: 'S5.2 an item label that shares a code below with a listed one may be meant',
    events: denyIf({ label: [sensitivity('ETH')] }),
    question: askAbout(labelled(sensitivity('SPI'))),
    expect: unknown,
  },
  {
    title: 'S5.2 a configured system compares for equality',
    events: denyIf({ label: [siteLabel('staff')] }),
    question: askAbout(labelled(siteLabel('press'), siteLabel('staff')), labelled(siteLabel('press'))),
    settings: configured,
    expect: [refused, met],
  },
  {
    title: 'S5.2 a sensitivity that the tree does not hold is unknown, unless equal',
    events: denyIf({ label: [sensitivity('NEWLYCODED')] }),
    question: askAbout(
      labelled(sensitivity('NEWLYCODED')),
      labelled(sensitivity('OTHERCODED')),
      labelled(sensitivity('HIV')),
    ),
    expect: [refused, unknown, unknown],
  },
  {
    title: 'S5.2 an exception in a deny rule reads labels as a permit does',
    events: [granted('A', { rules: [{ type: 'deny', exceptions: [{ label: [confidentiality('N')] }] }] })],
    question: askAbout(labelled(confidentiality('L')), labelled(confidentiality('R'))),
    expect: [met, refused],
  },
  {
    title: 'S5.2 an exception in a permit rule reads labels as a deny does',
    events: [granted('A', { rules: [{ type: 'permit', exceptions: [{ label: [confidentiality('R')] }] }] })],
    question: askAbout(labelled(confidentiality('V')), labelled(confidentiality('N'))),
    expect: [refused, met],
  },
];

const glass = purpose('BTG');
const breaking = (differently: object = {}) => ask({ purpose: glass, ...differently });
const emergency = (until = '2026-06-01T06:00:00Z', from?: string) =>
  on('2026-06-01', declared('E', 'Practitioner/amy', until, from));
const byConsent = site({ breakGlass: 'by-consent' });

/** S6: purposes and breaking the glass. */
export const purposeCases: readonly Case[] = [
  {
    title: 'S6.1 a listed purpose covers itself and what is below it',
    events: permitIf({ purpose: [purpose('TREAT')] }),
    question: ask({ purpose: purpose('ERTREAT') }),
    expect: met,
  },
  {
    title: 'S6.1 another branch is not met',
    events: permitIf({ purpose: [purpose('TREAT')] }),
    question: ask({ purpose: purpose('HRESCH') }),
    expect: notMet,
  },
  {
    title: 'S6.1 who asks above a listed purpose may mean it: a permit is lost',
    events: permitIf({ purpose: [purpose('CLINTRCH')] }),
    question: ask({ purpose: purpose('HRESCH') }),
    expect: unknown,
    missing: ['purpose'],
  },
  {
    title: 'S6.1 and a refusal is kept',
    events: denyIf({ purpose: [purpose('CLINTRCH')] }),
    question: ask({ purpose: purpose('HRESCH') }),
    expect: unknown,
  },
  {
    title: 'S6.1 a purpose that shares a code below with a listed one may mean that',
    events: denyIf({ purpose: [purpose('PUBHLTH')] }),
    question: ask({ purpose: purpose('HRESCH') }),
    settings: site({
      purposes: [
        { system: 'urn:site:purpose', code: 'registry', parents: [purpose('HRESCH'), purpose('PUBHLTH')] },
      ],
    }),
    expect: unknown,
  },
  {
    title: 'S6.1 where one listed purpose covers it, the others do not matter',
    events: permitIf({ purpose: [purpose('CLINTRCH'), purpose('HRESCH')] }),
    question: ask({ purpose: purpose('HRESCH') }),
    expect: met,
  },
  {
    title: 'S6.1 BTG is below nothing: a refusal of treatment says nothing of it',
    events: [...denyIf({ purpose: [purpose('TREAT')] }), emergency()],
    question: breaking(),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.1 BTG is above and below nothing: emergency treatment is not meant by it',
    events: denyIf({ purpose: [glass] }),
    question: ask({ purpose: purpose('ETREAT') }),
    expect: met,
  },
  {
    title: 'S6.2 declared for this recipient and moment',
    events: [emergency()],
    question: breaking({ validAt: '2026-06-01T05:59:59.999Z' }),
    expect: 'permit: break-glass',
    review: true,
  },
  {
    title: 'S6.2 not declared',
    events: permitIf({}),
    question: breaking(),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 until is the first moment after it',
    events: [emergency()],
    question: breaking({ validAt: '2026-06-01T06:00:00.000Z' }),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 not before it was recorded, whatever it says',
    events: [emergency('2026-06-01T06:00:00Z', '2026-05-01')],
    question: breaking({ validAt: '2026-05-15T00:00:00Z' }),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 a from that lies ahead is kept',
    events: [emergency('2026-06-01T06:00:00Z', '2026-06-01T03:00:00Z')],
    question: breaking({ validAt: '2026-06-01T02:00:00Z' }),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 not known at knownAt',
    events: [emergency()],
    question: breaking({ knownAt: '2026-05-31T00:00:00Z', validAt: '2026-06-01T01:00:00Z' }),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 for the own reference of the recipient, not for an organisation it belongs to',
    events: [on('2026-06-01', declared('E', 'Organization/general', '2026-06-01T06:00:00Z'))],
    question: breaking(),
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2, S4.2 its reference is compared without base and version',
    events: [
      on(
        '2026-06-01',
        declared('E', 'https://fhir.example.org/r4/Practitioner/amy/_history/1', '2026-06-01T06:00:00Z'),
      ),
    ],
    question: breaking(),
    settings: site({ referenceBase: 'https://fhir.example.org/r4' }),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 for another purpose a declaration permits nothing',
    events: [emergency()],
    question: ask(),
    expect: 'deny: unknown-patient',
  },
  {
    title: 'S6.2 overrides: a blanket refusal does not refuse',
    events: [granted('A', { rules: [{ type: 'deny' }] }), emergency()],
    question: breaking(),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 overrides: nor does otherwise',
    events: [granted('A', { otherwise: 'deny' }), emergency()],
    question: breaking(),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 overrides: a certain denial that lists BTG refuses',
    events: [granted('A', { rules: [{ type: 'deny', purpose: [glass] }] }), emergency()],
    question: breaking(),
    expect: 'deny: break-glass-refused',
  },
  {
    title: 'S6.2 overrides: any rule on the path may list it',
    events: [
      granted('A', {
        rules: [{ type: 'permit', purpose: [glass], exceptions: [{ action: ['access'] }] }],
      }),
      emergency(),
    ],
    question: breaking(),
    expect: 'deny: break-glass-refused',
  },
  {
    title: 'S6.2 overrides: an uncertain denial does not refuse; here the bias turns',
    events: [
      granted('A', { rules: [{ type: 'deny', purpose: [glass], code: [plainCode('1')] }] }),
      emergency(),
    ],
    question: breaking({ items: [{}] }),
    expect: 'permit: break-glass',
    missing: ['code'],
  },
  {
    title: 'S6.2 overrides: nor does a denial with an exception that may permit',
    events: [
      granted('A', {
        rules: [{ type: 'deny', purpose: [glass], exceptions: [{ code: [plainCode('1')] }] }],
      }),
      emergency(),
    ],
    question: breaking({ items: [{}] }),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 overrides: the path that lists BTG must be the certain one',
    events: [
      granted('A', {
        rules: [
          {
            type: 'deny',
            exceptions: [{ exceptions: [{}, { custodian: ['Organization/x'], purpose: [glass] }] }],
          },
        ],
      }),
      emergency(),
    ],
    question: breaking({ custodian: undefined }),
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 by-consent: the rules must permit by a path that lists BTG',
    events: [granted('A', { rules: [{ type: 'permit', purpose: [glass] }] }), emergency()],
    question: breaking(),
    settings: byConsent,
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 by-consent: a blanket permit is not enough',
    events: [granted('A', { rules: [{ type: 'permit' }] }), emergency()],
    question: breaking(),
    settings: byConsent,
    expect: 'deny: break-glass-refused',
  },
  {
    title: 'S6.2 by-consent: another consent that denies refuses',
    events: [
      granted('A', { rules: [{ type: 'permit', purpose: [glass] }] }),
      granted('B', { rules: [{ type: 'deny' }] }),
      emergency(),
    ],
    question: breaking(),
    settings: byConsent,
    expect: 'deny: break-glass-refused',
  },
  {
    title: 'S6.2 by-consent: an exception that lists BTG in a blanket refusal permits',
    events: [granted('A', { rules: [{ type: 'deny', exceptions: [{ purpose: [glass] }] }] }), emergency()],
    question: breaking(),
    settings: byConsent,
    expect: 'permit: break-glass',
  },
  {
    title: 'S6.2 by-consent: the declaration is needed besides',
    events: [granted('A', { rules: [{ type: 'permit', purpose: [glass] }] })],
    question: breaking(),
    settings: byConsent,
    expect: 'deny: break-glass-undeclared',
  },
  {
    title: 'S6.2 no consent is needed: the unknown patient is treated',
    events: [emergency()],
    question: breaking(),
    expect: 'permit: break-glass',
    obligations: [],
  },
  {
    title: 'S6.3 a permit by breaking the glass is marked for review',
    events: [...permitIf({ obligations: [duty('x')] }), emergency()],
    question: breaking(),
    expect: 'permit: break-glass',
    review: true,
    obligations: ['x'],
  },
  {
    title: 'S6.3 an ordinary answer is not',
    events: permitIf({}),
    question: ask(),
    expect: met,
    review: false,
  },
];
