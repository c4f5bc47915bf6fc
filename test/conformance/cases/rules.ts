import { ask, askAbout, type Case, days, duty, granted, plain, plainCode, purpose, site } from '../story.ts';

const amy = { reference: 'Practitioner/amy' };
const bob = { reference: 'Practitioner/bob' };
const general = { reference: 'Organization/general' };
const loinc = 'http://loinc.org';
const nurse = { system: 'urn:role', code: 'nurse' };

/** S3: rules, exceptions, what is unknown. */
export const ruleCases: readonly Case[] = [
  {
    title: 'S3.1 an absent criterion sets no limit',
    events: [granted('A', { rules: [{ type: 'permit' }] })],
    question: ask({ items: [{}] }),
    expect: 'permit: permitted',
  },
  {
    title: 'S3.1 any value of a criterion suffices',
    events: [granted('A', { rules: [{ type: 'permit', action: ['collect', 'access'] }] })],
    question: ask(),
    expect: 'permit: permitted',
  },
  {
    title: 'S3.1 every criterion must be met',
    events: [granted('A', { rules: [{ type: 'permit', action: ['access'], recipient: [bob] }] })],
    question: ask(),
    expect: 'deny: not-covered',
  },
  {
    title: 'S3.1 within a criterion met beats unknown',
    events: [granted('A', { rules: [{ type: 'permit', recipient: [amy, general] }] })],
    question: ask({ recipient: { reference: 'Practitioner/amy' } }),
    expect: 'permit: permitted',
  },
  {
    title: 'S3.1 within a criterion unknown beats not met',
    events: [granted('A', { rules: [{ type: 'permit', recipient: [bob, general] }] })],
    question: ask({ recipient: { reference: 'Practitioner/amy' } }),
    expect: 'deny: missing-information',
    missing: ['memberOf'],
  },
  {
    title: 'S3.1 across criteria not met beats unknown: nothing is missing',
    events: [granted('A', { rules: [{ type: 'deny', action: ['collect'], code: [plainCode('1')] }] })],
    question: ask({ items: [{}] }),
    expect: 'deny: not-covered',
    missing: [],
  },
  {
    title: 'S3.1 across criteria unknown beats met',
    events: [granted('A', { rules: [{ type: 'permit', action: ['access'], code: [plainCode('1')] }] })],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
    missing: ['code'],
  },
  {
    title: 'S3.2 a rule that is not met has no outcome, and neither have its exceptions',
    events: [
      granted('A', { rules: [{ type: 'deny', action: ['collect'], exceptions: [{ recipient: [amy] }] }] }),
    ],
    question: ask(),
    expect: 'deny: not-covered',
  },
  {
    title: 'S3.2 an exception that is met turns the rule',
    events: [granted('A', { rules: [{ type: 'deny', exceptions: [{ recipient: [amy] }] }] })],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0].exceptions[0]'] }],
  },
  {
    title: 'S3.2 without an exception that is met the rule has its own type',
    events: [granted('A', { rules: [{ type: 'deny', exceptions: [{ recipient: [bob] }] }] })],
    question: ask(),
    expect: 'deny: refused',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0]'] }],
  },
  {
    title: 'S3.2 an exception of an exception turns back',
    events: [
      granted('A', {
        rules: [
          {
            type: 'permit',
            exceptions: [{ recipient: [general], exceptions: [{ recipient: [amy] }] }],
          },
        ],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0].exceptions[0].exceptions[0]'] }],
  },
  {
    title: 'S3.2 of exceptions with an outcome, deny wins',
    events: [
      granted('A', {
        rules: [
          {
            type: 'deny',
            exceptions: [
              { recipient: [amy] },
              { recipient: [general], exceptions: [{ action: ['access'] }] },
            ],
          },
        ],
      }),
    ],
    question: ask(),
    expect: 'deny: refused',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0].exceptions[1].exceptions[0]'] }],
  },
  {
    title: 'S3.2 two exceptions that both permit are both the reason',
    events: [
      granted('A', {
        rules: [{ type: 'deny', exceptions: [{ recipient: [amy] }, { recipient: [bob] }, {}] }],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0].exceptions[0]', 'rules[0].exceptions[2]'] }],
  },
  {
    title: 'S3.3 an unknown deny denies, uncertainly',
    events: [granted('A', { rules: [{ type: 'deny', code: [plainCode('1')] }], otherwise: 'permit' })],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0]'] }],
  },
  {
    title: 'S3.3 an unknown permit is lost',
    events: [granted('A', { rules: [{ type: 'permit', code: [plainCode('1')] }] })],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
    basis: [],
  },
  {
    title: 'S3.3 an unknown deny whose exception permits has no outcome',
    events: [
      granted('A', {
        rules: [{ type: 'deny', code: [plainCode('1')], exceptions: [{ recipient: [amy] }] }],
        otherwise: 'permit',
      }),
    ],
    question: ask({ items: [{}] }),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, otherwise: true }],
  },
  {
    title: 'S3.3 an unknown permit whose exception denies stays deny, uncertainly',
    events: [
      granted('A', {
        rules: [{ type: 'permit', code: [plainCode('1')], exceptions: [{ recipient: [amy] }] }],
        otherwise: 'permit',
      }),
    ],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
  },
  {
    title: 'S3.3 a denial with an exception that is unknown is uncertain',
    events: [granted('A', { rules: [{ type: 'deny', exceptions: [{ code: [plainCode('1')] }] }] })],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
    missing: ['code'],
  },
  {
    title: 'S3.3 a denial whose unknown exception would deny in turn is certain',
    events: [
      granted('A', {
        rules: [
          { type: 'deny', exceptions: [{ code: [plainCode('1')], exceptions: [{ recipient: [amy] }] }] },
        ],
      }),
    ],
    question: ask({ items: [{}] }),
    expect: 'deny: refused',
  },
  {
    title: 'S3.3 a denial whose exception permits unless an unknown rule in it denies is uncertain',
    events: [
      granted('A', {
        rules: [
          { type: 'deny', exceptions: [{ recipient: [amy], exceptions: [{ code: [plainCode('1')] }] }] },
        ],
      }),
    ],
    question: ask({ items: [{}] }),
    expect: 'deny: missing-information',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0].exceptions[0].exceptions[0]'] }],
  },
  {
    title: 'S3.3 one certain denial among uncertain ones is a refusal',
    events: [
      granted('A', { rules: [{ type: 'deny', code: [plainCode('1')] }] }),
      granted('B', { rules: [{ type: 'deny', action: ['access'] }] }),
    ],
    question: ask({ items: [{}] }),
    expect: 'deny: refused',
  },
  {
    title: 'S3.4 rules of one consent stand side by side: deny wins',
    events: [granted('A', { rules: [{ type: 'permit' }, { type: 'deny', recipient: [amy] }] })],
    question: ask(),
    expect: 'deny: refused',
    basis: [{ name: 'A', revision: 0, rules: ['rules[1]'] }],
  },
  {
    title: 'S3.4 one that permits suffices where none denies',
    events: [
      granted('A', {
        rules: [
          { type: 'deny', recipient: [bob] },
          { type: 'permit', recipient: [amy] },
          { type: 'permit', recipient: [bob] },
        ],
      }),
    ],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[1]'] }],
  },
  {
    title: 'S3.4 an exception beats only the rule it stands in',
    events: [
      granted('A', {
        rules: [
          { type: 'deny', exceptions: [{ recipient: [amy] }] },
          { type: 'deny', action: ['access'] },
        ],
      }),
    ],
    question: ask(),
    expect: 'deny: refused',
    basis: [{ name: 'A', revision: 0, rules: ['rules[1]'] }],
  },
  {
    title: 'S3.5 otherwise is said of what the rules do not speak of',
    events: [granted('A', { rules: [{ type: 'deny', recipient: [bob] }], otherwise: 'permit' })],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, otherwise: true }],
  },
  {
    title: 'S3.5 and not of what they speak of',
    events: [granted('A', { rules: [{ type: 'permit', recipient: [amy] }], otherwise: 'deny' })],
    question: ask(),
    expect: 'permit: permitted',
    basis: [{ name: 'A', revision: 0, rules: ['rules[0]'] }],
  },
  {
    title: 'S3.5 only within its purposes',
    events: [granted('A', { purpose: [purpose('HRESCH')], otherwise: 'permit' })],
    question: ask(),
    expect: 'deny: not-covered',
    basis: [],
  },
  {
    title: 'S3.5 a question above its purposes: otherwise counts when deny',
    events: [granted('A', { purpose: [purpose('TREAT')], otherwise: 'deny' })],
    question: ask({ purpose: purpose('PurposeOfUse') }),
    expect: 'deny: missing-information',
    basis: [{ name: 'A', revision: 0, otherwise: true }],
  },
  {
    title: 'S3.5 but not when permit',
    events: [granted('A', { purpose: [purpose('TREAT')], otherwise: 'permit' })],
    question: ask({ purpose: purpose('PurposeOfUse') }),
    expect: 'deny: not-covered',
    basis: [],
  },
  {
    title: 'S3.3, S3.5 a question above its purposes makes its rules unknown: a permit is lost',
    events: [granted('A', { purpose: [purpose('TREAT')], rules: [{ type: 'permit' }] })],
    question: ask({ purpose: purpose('PurposeOfUse') }),
    expect: 'deny: missing-information',
    missing: ['purpose'],
  },
  {
    title: 'S3.3, S3.5 and a deny is kept, uncertainly',
    events: [
      granted('A', { purpose: [purpose('CLINTRCH')], rules: [{ type: 'deny' }] }),
      granted('B', { rules: [{ type: 'permit' }] }),
    ],
    question: ask({ purpose: purpose('HRESCH') }),
    expect: 'deny: missing-information',
  },
  {
    title: 'S3.5 below its purposes it speaks',
    events: [granted('A', { purpose: [purpose('TREAT')], otherwise: 'permit' })],
    question: ask({ purpose: purpose('COC') }),
    expect: 'permit: permitted',
  },
];

const permitIf = (criteria: object) => [granted('A', { rules: [{ type: 'permit' as const, ...criteria }] })];
const met = 'permit: permitted';
const notMet = 'deny: not-covered';
const unknown = 'deny: missing-information';

/** S4: each criterion met, not met and unknown. */
export const criterionCases: readonly Case[] = [
  {
    title: 'S4.1 an absent memberOf is unknown, an empty one is complete',
    events: permitIf({ recipient: [general] }),
    question: ask({ recipient: { reference: 'Practitioner/amy', memberOf: [] } }),
    expect: notMet,
  },
  {
    title: 'S4.1 absent roles are unknown',
    events: permitIf({ recipient: [{ role: nurse }] }),
    question: ask({ recipient: { reference: 'Practitioner/amy', memberOf: [] } }),
    expect: unknown,
    missing: ['roles'],
  },
  {
    title: 'S4.1 one of the roles',
    events: permitIf({ recipient: [{ role: nurse }] }),
    question: ask({ recipient: { reference: 'Practitioner/amy', memberOf: [], roles: [nurse] } }),
    expect: met,
  },
  {
    title: 'S4.1 reference and role of one entry must both be met',
    events: permitIf({ recipient: [{ ...general, role: nurse }] }),
    question: ask({
      recipient: { reference: 'Practitioner/amy', memberOf: ['Organization/general'], roles: [] },
    }),
    expect: notMet,
  },
  {
    title: 'S4.1 an absent custodian is unknown',
    events: permitIf({ custodian: ['Organization/archive'] }),
    question: ask({ custodian: undefined }),
    expect: unknown,
    missing: ['custodian'],
  },
  {
    title: 'S4.1 the custodian is who would release the data',
    events: permitIf({ custodian: ['Organization/archive'] }),
    question: ask(),
    expect: met,
  },
  {
    title: 'S4.1 another custodian is not met',
    events: permitIf({ custodian: ['Organization/other'] }),
    question: ask(),
    expect: notMet,
  },
  {
    title: 'S4.1 the author: among those given, missing, and unknown',
    events: permitIf({ author: ['Practitioner/eve'] }),
    question: askAbout(
      { author: ['Practitioner/bob', 'Practitioner/eve'] },
      { author: [] },
      { author: undefined },
    ),
    expect: [met, notMet, unknown],
  },
  {
    title: 'S4.1 no items: one item of which nothing is known',
    events: permitIf({ code: [plainCode('1')] }),
    question: ask({ items: undefined }),
    expect: [unknown],
  },
  {
    title: 'S4.1 several items are answered each for itself',
    events: permitIf({ code: [plainCode('1')] }),
    question: askAbout({ code: [plainCode('1')] }, { code: [plainCode('2')] }, { code: undefined }),
    expect: [met, notMet, unknown],
  },
  {
    title: 'S4.1 code: one of the codes of the item equals it',
    events: permitIf({ code: [plainCode('1'), plainCode('2')] }),
    question: askAbout({ code: [plainCode('3'), plainCode('2')] }, { code: [] }),
    expect: [met, notMet],
  },
  {
    title: 'S4.1 class without a system in the rule: the code alone',
    events: permitIf({ class: [{ code: 'Observation' }] }),
    question: askAbout(
      { class: [{ code: 'Observation' }] },
      { class: [{ system: 'urn:types', code: 'Observation' }] },
      { class: [{ code: 'Condition' }] },
      { class: undefined },
    ),
    expect: [met, met, notMet, unknown],
  },
  {
    title:
      'S4.1 class with a system in the rule: an item class without one is unknown where the code is equal',
    events: permitIf({ class: [{ system: loinc, code: '34133-9' }] }),
    question: askAbout(
      { class: [{ system: loinc, code: '34133-9' }] },
      { class: [{ code: '34133-9' }] },
      { class: [{ system: 'urn:other', code: '34133-9' }] },
      { class: [{ code: '11503-0' }] },
      { class: [{ code: '34133-9' }, { system: loinc, code: '34133-9' }] },
    ),
    expect: [met, unknown, notMet, notMet, met],
  },
  {
    title: 'S4.1 data instance: the reference of the item, not what is related',
    events: permitIf({ data: [{ reference: 'Observation/o1', meaning: 'instance' }] }),
    question: askAbout(
      { reference: 'Observation/o1' },
      { reference: 'Observation/o2', related: ['Observation/o1'] },
      { reference: undefined },
    ),
    expect: [met, notMet, unknown],
  },
  {
    title: 'S4.1 data related: the instance itself or what it is related to',
    events: permitIf({ data: [{ reference: 'Encounter/e1', meaning: 'related' }] }),
    question: askAbout(
      { reference: 'Encounter/e1', related: undefined },
      { related: ['Encounter/e1'] },
      { reference: undefined, related: ['Encounter/e1'] },
      { related: [] },
      { related: undefined },
      { reference: undefined, related: [] },
    ),
    expect: [met, met, met, notMet, unknown, unknown],
  },
  {
    title: 'S4.1 data dependents reads as related',
    events: permitIf({ data: [{ reference: 'Encounter/e1', meaning: 'dependents' }] }),
    question: askAbout({ related: ['Encounter/e1'] }, { related: ['Encounter/e2'] }),
    expect: [met, notMet],
  },
  {
    title: 'S4.1 data authoredby: the author of the item',
    events: permitIf({ data: [{ reference: 'Practitioner/eve', meaning: 'authoredby' }] }),
    question: askAbout(
      { author: ['Practitioner/eve'] },
      { author: [], related: ['Practitioner/eve'] },
      { author: undefined },
    ),
    expect: [met, notMet, unknown],
  },
  {
    title: 'S4.1 dataPeriod: wholly in it, outside, partly, unknown',
    events: permitIf({ dataPeriod: days('2025-01-01', '2025-06-30') }),
    question: askAbout(
      { time: '2025-06-30' },
      { time: '2025-07-01' },
      { time: '2025-06-30T23:59:59.999Z' },
      { time: { start: '2025-06-30', end: '2025-07-01' } },
      { time: '2025' },
      { time: undefined },
    ),
    expect: [met, notMet, met, unknown, unknown, unknown],
  },
  {
    title: 'S4.1 a data period that is open is wholly in one that is open on that side alone',
    events: permitIf({ dataPeriod: days('2025-01-01') }),
    question: askAbout(
      { time: { start: '2025-06-30' } },
      { time: { end: '2025-06-30' } },
      { time: { end: '2024-12-31' } },
    ),
    expect: [met, unknown, notMet],
  },
  {
    title: 'S4.1 action: equal, and nothing above or below',
    events: permitIf({ action: ['use'] }),
    question: ask(),
    expect: notMet,
  },
  {
    title: 'S4.1 the period of a rule is about the moment of use',
    events: permitIf({ period: days('2026-02-01', '2026-02-28') }),
    question: ask({ validAt: '2026-02-28T23:59:59.999Z' }),
    expect: met,
  },
  {
    title: 'S4.2 the configured base is taken off on both sides',
    events: permitIf({ recipient: [{ reference: 'https://fhir.example.org/r4/Practitioner/amy' }] }),
    question: ask(),
    settings: site({ referenceBase: 'https://fhir.example.org/r4' }),
    expect: met,
  },
  {
    title: 'S4.2 a base with a slash at its end is the same base',
    events: permitIf({ recipient: [amy] }),
    question: ask({ recipient: { reference: 'https://fhir.example.org/r4/Practitioner/amy', memberOf: [] } }),
    settings: site({ referenceBase: 'https://fhir.example.org/r4/' }),
    expect: met,
  },
  {
    title: 'S4.2 another server is another reference',
    events: permitIf({ recipient: [amy] }),
    question: ask({ recipient: { reference: 'https://elsewhere.example/Practitioner/amy', memberOf: [] } }),
    settings: site({ referenceBase: 'https://fhir.example.org/r4' }),
    expect: notMet,
  },
  {
    title: 'S4.2 a server whose name goes on is another server',
    events: permitIf({ recipient: [amy] }),
    question: ask({
      recipient: { reference: 'https://fhir.example.org/r42/Practitioner/amy', memberOf: [] },
    }),
    settings: site({ referenceBase: 'https://fhir.example.org/r4' }),
    expect: notMet,
  },
  {
    title: 'S4.2 any version is cut',
    events: permitIf({ recipient: [{ reference: 'Practitioner/amy/_history/3' }] }),
    question: ask({ recipient: { reference: 'Practitioner/amy/_history/4', memberOf: [] } }),
    expect: met,
  },
  {
    title: 'S4.2 references of data and of items are compared the same way',
    events: permitIf({ data: [{ reference: 'Observation/o1', meaning: 'instance' }] }),
    question: askAbout({ reference: 'https://fhir.example.org/r4/Observation/o1/_history/2' }),
    settings: site({ referenceBase: 'https://fhir.example.org/r4' }),
    expect: met,
  },
  {
    title: 'S4.2 codes compare with their system',
    events: permitIf({ code: [plainCode('1')] }),
    question: askAbout({ code: [{ system: 'urn:other', code: '1' }] }),
    expect: notMet,
  },
  {
    title: 'S4.2 codes compare case-sensitively',
    events: permitIf({ code: [plainCode('a')] }),
    question: askAbout({ code: [plainCode('A')] }),
    expect: notMet,
  },
  {
    title: 'S4.2 a purpose that the tree does not hold is unknown',
    events: permitIf({ purpose: [purpose('TREAT')] }),
    question: ask({ purpose: purpose('NEWLYCODED') }),
    expect: unknown,
    missing: ['purpose'],
  },
  {
    title: 'S4.2 unless equal',
    events: permitIf({ purpose: [purpose('NEWLYCODED')] }),
    question: ask({ purpose: purpose('NEWLYCODED') }),
    expect: met,
  },
  {
    title: 'S4.2 a listed purpose that the tree does not hold is unknown too',
    events: [
      granted('A', { rules: [{ type: 'deny', purpose: [purpose('NEWLYCODED')] }] }),
      granted('B', { rules: [{ type: 'permit' }] }),
    ],
    question: ask(),
    expect: unknown,
  },
  {
    title: 'S4.3 a purpose added by configuration is below its parent',
    events: permitIf({ purpose: [purpose('HRESCH')] }),
    question: ask({ purpose: { system: 'urn:site:purpose', code: 'biobank' } }),
    settings: site({
      purposes: [{ system: 'urn:site:purpose', code: 'biobank', parents: [purpose('HRESCH')] }],
    }),
    expect: met,
  },
  {
    title: 'S4.3 a purpose with two parents is covered by either',
    events: permitIf({ purpose: [purpose('PUBHLTH')] }),
    question: ask({ purpose: { system: 'urn:site:purpose', code: 'registry' } }),
    settings: site({
      purposes: [
        { system: 'urn:site:purpose', code: 'registry', parents: [purpose('HRESCH'), purpose('PUBHLTH')] },
      ],
    }),
    expect: met,
  },
  {
    title: 'S4.3 the shipped extension: SUD is also below ETH',
    events: [
      granted('A', {
        rules: [
          {
            type: 'deny',
            label: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'ETH' }],
          },
        ],
        otherwise: 'permit',
      }),
    ],
    question: askAbout({
      labels: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPIOIDUD' }],
    }),
    expect: 'deny: refused',
  },
  {
    title: 'S4.3 published parents stay when configuration adds one',
    events: permitIf({ purpose: [purpose('HRESCH')] }),
    question: ask({ purpose: purpose('CLINTRCH') }),
    settings: site({
      purposes: [{ ...purpose('CLINTRCH'), parents: [purpose('PUBHLTH')] }],
    }),
    expect: met,
  },
  {
    title: 'S4.1 what is missing is named once, whatever the number of rules',
    events: [
      granted('A', {
        rules: [
          { type: 'permit', code: [plainCode('1')], obligations: [duty('x')] },
          { type: 'permit', code: [plainCode('2')], author: ['Practitioner/eve'] },
        ],
      }),
    ],
    question: ask({ items: [{ ...plain, code: undefined, author: undefined }] }),
    expect: unknown,
    missing: ['author', 'code'],
  },
];
