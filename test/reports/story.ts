import { type ExportHeader, type ExportRecord, exportRecord } from '../../schemas/export/package.ts';
import { systems } from '../../schemas/vocabulary.ts';
import { exportOf } from './kit.ts';

const agent = { issuer: 'https://login.north.example/realms/hospital', subject: 'practitioner-7' };
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const purpose = (code: string) => ({ system: systems.purpose, code });
const label = (code: string) => ({ system: systems.sensitivity, code });
const nurse = { system: 'http://snomed.info/sct', code: '309343006' };

/** A rule that has every criterion, with an exception in its exception. */
const fullRule = {
  type: 'permit',
  recipient: [{ reference: 'Organization/clinic', role: nurse }, { reference: 'Organization/labor-müller' }],
  purpose: [purpose('TREAT'), purpose('HPAYMT'), { system: 'urn:x', code: 'own' }],
  action: ['access', 'disclose', 'use'],
  class: [{ system: 'http://hl7.org/fhir/fhir-types', code: 'Observation' }, { code: 'DocumentReference' }],
  code: [{ system: 'http://loinc.org', code: '718-7' }],
  label: [label('HIV'), { system: systems.confidentiality, code: 'R' }],
  data: [
    { reference: 'Observation/1', meaning: 'related' },
    { reference: 'Practitioner/2', meaning: 'authoredby' },
  ],
  author: ['Practitioner/9'],
  custodian: ['Organization/archive'],
  dataPeriod: { start: '2020-01-01T00:00:00.000Z' },
  period: { end: '2027-12-31T23:59:59.999Z' },
  obligations: [label('ENCRYPT')],
  exceptions: [{ purpose: [purpose('HMARKT')], exceptions: [{ recipient: [{ role: nurse }] }] }],
};

const long = `${'verylongword'.repeat(30)} ${'A letter that goes on and on. '.repeat(50)}`;

/** Events that have every member that is shown. */
const events: readonly (readonly [type: string, payload: Record<string, unknown>])[] = [
  [
    'ConsentGranted',
    {
      consentId: uuid(1),
      signedAt: '2024-01-01T09:00:00.000Z',
      agent,
      rules: [fullRule],
      otherwise: 'permit',
      retroactive: true,
      purpose: [purpose('TREAT')],
      grantor: ['Patient/1'],
      representative: { reference: 'RelatedPerson/mother', authority: 'Sorgerecht' },
      witness: ['Practitioner/3'],
      replaces: [uuid(9), uuid(8)],
      source: { contentType: 'application/pdf', sha256: 'ab'.repeat(32) },
      fhir: {
        release: 'R4',
        resourceKey: 'https://ehr.example/fhir/Consent/77',
        contentSha256: 'cd'.repeat(32),
        choices: {},
        resource: {},
      },
    },
  ],
  [
    'ConsentGranted',
    {
      consentId: uuid(2),
      signedAt: '2024-01-02T09:00:00.000Z',
      agent,
      unreadable: { path: 'Consent.provision.provision[3].extension', reason: 'unknown' },
    },
  ],
  [
    'ConsentRevoked',
    { consentId: uuid(1), reason: `Herr Łukasz Ożóg, 山田, Иванов; \u202Eevil\u0000 ${long}`, agent },
  ],
  [
    'EmergencyAccessDeclared',
    {
      declarationId: uuid(5),
      recipient: 'Practitioner/er',
      from: '2024-02-01T00:00:00.000Z',
      until: '2024-02-01T10:00:00.000Z',
      reason: 'Unconscious',
      agent,
    },
  ],
  ['ConsentInvalidated', { consentId: uuid(2), reason: 'wrong patient', correctedBy: uuid(3), agent }],
];

const answer = (items: readonly object[]): Record<string, unknown> => ({
  decisionId: uuid(77),
  askedAt: '2024-05-01T10:00:00.000Z',
  agent,
  question: {
    recipient: { reference: 'Practitioner/1', memberOf: ['Organization/clinic'], roles: [nurse] },
    purpose: purpose('TREAT'),
    action: 'disclose',
    custodian: 'Organization/archive',
  },
  answer: {
    algorithm: 'ledger-1',
    validAt: '2024-03-01T10:00:00.000Z',
    knownAt: '2024-05-01T10:00:00.000Z',
    revision: 3,
    items,
  },
  settings: 'cd'.repeat(32),
});

/** Answers of every outcome: differing by item, conditional with what is left, by a declared emergency. */
const answers = [
  answer([
    {
      decision: 'permit',
      reason: 'permitted',
      basis: [{ consentId: uuid(1), revision: 0, rules: ['rules[0]'] }],
      obligations: [label('ENCRYPT')],
    },
    { decision: 'deny', reason: 'missing-information', basis: [], missing: ['labels'] },
    { decision: 'deny', reason: 'missing-information', basis: [], missing: ['labels'] },
  ]),
  answer([
    {
      decision: 'conditional',
      reason: 'conditional',
      basis: [{ consentId: uuid(1), revision: 0, otherwise: true }],
      residual: { rules: [{ type: 'permit', exceptions: [{ label: [label('PSY')] }] }], otherwise: 'deny' },
    },
  ]),
  answer([
    {
      decision: 'permit',
      reason: 'break-glass',
      basis: [{ declarationId: uuid(5), revision: 1 }],
      review: true,
    },
  ]),
];

/** The export of `exportOf(4)`, whose first patient has all that a record can have, and something the font has not. */
export function* fullStory(parts: Partial<ExportHeader> = {}): Generator<ExportRecord> {
  let patient = 0;
  let [event, decision] = [0, 0];
  for (const record of exportOf(4, parts)) {
    if (record.record === 'patient') patient = record.number;
    if (patient === 1 && record.record === 'event' && event < events.length) {
      const [type, payload] = events[event]!;
      event += 1;
      yield exportRecord.parse({ ...record, type, opened: { ...record.opened, payload } });
    } else if (patient === 1 && record.record === 'decision') {
      yield exportRecord.parse({ ...record, opened: { ...record.opened, payload: answers[decision] } });
      decision += 1;
    } else yield record;
  }
}
