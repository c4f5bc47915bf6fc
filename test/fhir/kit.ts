import { readdirSync, readFileSync } from 'node:fs';
import { type ImportChoices, importChoices } from '../../src/fhir/choices.ts';
import { type Granting, type Reading, readConsent } from '../../src/fhir/consent.ts';

type Json = Record<string, unknown>;

export const hl7Folder = new URL('../data/hl7-consents/', import.meta.url);

/** HL7's examples by `r4/basic`. */
export const hl7Examples: ReadonlyMap<string, Json> = new Map(
  ['r4', 'r5'].flatMap((release) =>
    readdirSync(new URL(`${release}/`, hl7Folder)).map((file): [string, Json] => [
      `${release}/${file.replace('.json', '')}`,
      JSON.parse(readFileSync(new URL(`${release}/${file}`, hl7Folder), 'utf8')),
    ]),
  ),
);

export const choices = (given: Partial<ImportChoices> = {}): ImportChoices => importChoices.parse(given);

export const read = (resource: unknown, given: Partial<ImportChoices> = {}, timeZone = 'UTC'): Reading =>
  readConsent(resource, choices(given), timeZone);

export const grantOf = (reading: Reading): Granting => {
  if (reading.kind !== 'grant') throw new Error(`no grant: ${JSON.stringify(reading)}`);
  return reading;
};

/** `kind path` of a resource that is not granted. */
export const refusalOf = (reading: Reading): string =>
  'path' in reading ? `${reading.kind} ${reading.path}` : reading.kind;

export const terminology = (system: string, code: string) => ({
  system: `http://terminology.hl7.org/CodeSystem/${system}`,
  code,
});
export const purpose = (code: string) => terminology('v3-ActReason', code);
export const concept = (system: string, code: string) => ({ coding: [terminology(system, code)] });
export const actor = (part: string, reference: string) => ({
  role: concept('v3-ParticipationType', part),
  reference: { reference },
});

/** An active R4 privacy consent of 1 March 2026. */
export const r4 = (provision: Json | undefined, changes: Json = {}): Json => ({
  resourceType: 'Consent',
  id: 'c1',
  status: 'active',
  scope: concept('consentscope', 'patient-privacy'),
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'Patient/p1' },
  dateTime: '2026-03-01',
  ...(provision && { provision }),
  ...changes,
});

export const optIn = { policyRule: concept('v3-ActCode', 'OPTIN') };
export const optOut = { policyRule: concept('v3-ActCode', 'OPTOUT') };

/** An active R5 consent of 1 March 2026. */
export const r5 = (decision: string, provision?: Json[], changes: Json = {}): Json => ({
  resourceType: 'Consent',
  id: 'c1',
  status: 'active',
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  subject: { reference: 'Patient/p1' },
  date: '2026-03-01',
  decision,
  ...(provision && { provision }),
  ...changes,
});
