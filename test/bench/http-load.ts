/** What is granted and asked, of the service and of the floor alike. */
const treatment = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' };

export const bodyOfGrant = {
  signedAt: '2026-01-01',
  otherwise: 'deny' as const,
  rules: [
    {
      type: 'permit' as const,
      recipient: [{ reference: 'Organization/a' }],
      purpose: [treatment],
      exceptions: [{ class: [{ code: 'MedicationRequest' }] }],
    },
  ],
};

export const question = {
  recipient: { reference: 'Practitioner/p', memberOf: ['Organization/a'], roles: [] },
  purpose: treatment,
  action: 'access',
  items: [{ reference: 'Observation/1', class: [{ code: 'Observation' }], labels: [] }],
};

/** The one of so many patients, by number. */
export const patientOf = (number: number) => ({ system: 'urn:oid:1.2.3', value: `patient-${number}` });
