import type { Identifier } from '../../schemas/coding.ts';

/** What the bench of decisions asks, and its servers hold. */
export const tenant = 'north';
export const organisation = 'Organization/f001';
export const patients = Array.from({ length: 500 }, (_, n) => `P${n}`);

export const patientOf = (value: string): Identifier => ({ system: 'urn:oid:1.2.3', value });

export const bodyOf = (value: string): string =>
  JSON.stringify({
    patient: patientOf(value),
    question: {
      recipient: { reference: organisation },
      purpose: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' },
      action: 'access',
      items: [{ reference: `Observation/${value}`, class: [{ code: 'Observation' }], labels: [] }],
    },
  });
