import type { Question } from '../../schemas/decision.ts';
import type { Rule } from '../../schemas/provision.ts';
import { systems } from '../../schemas/vocabulary.ts';

/** A patient with 10 consents of 5 rules, and a question that they permit: what the benches of decisions ask. */
const consents = 10;

const purpose = (code: string) => ({ system: systems.purpose, code });
const label = (code: string) => ({ system: systems.confidentiality, code });

/** One for each consent; with `TREAT` all that is ever asked for. */
export const purposes = [
  'TREAT',
  'HPAYMT',
  'HRESCH',
  'HOPERAT',
  'PUBHLTH',
  'CLINTRCH',
  'ETREAT',
  'HMARKT',
  'PATRQT',
  'COC',
];

/** Five rules of the kinds that consents are made of: by purpose, recipient, label, class and with exceptions. */
const rulesOf = (consent: number): Rule[] => [
  { type: 'permit', purpose: [purpose('TREAT')], recipient: [{ reference: `Organization/${consent}` }] },
  { type: 'permit', purpose: [purpose(purposes[consent]!)], exceptions: [{ label: [label('V')] }] },
  { type: 'deny', purpose: [purpose('HMARKT')] },
  { type: 'deny', recipient: [{ reference: `Practitioner/${consent}` }] },
  { type: 'permit', purpose: [purpose('HRESCH')], class: [{ code: 'Observation' }], action: ['use'] },
];

/** The consents as they are granted, but for their ids and who recorded them. */
export const grants = Array.from({ length: consents }, (_, consent) => ({
  signedAt: `2025-0${(consent % 9) + 1}-01T00:00:00.000Z`,
  period: { end: '2030-12-31T23:59:59.999Z' },
  rules: rulesOf(consent),
}));

/** The organisation as whose member is asked. */
export const organisation = 'Organization/3';

export const question: Question = {
  recipient: { reference: 'Practitioner/amy', memberOf: [organisation], roles: [] },
  purpose: purpose('TREAT'),
  action: 'use',
  items: [{ reference: 'Observation/1', class: [{ code: 'Observation' }], labels: [label('N')] }],
};
