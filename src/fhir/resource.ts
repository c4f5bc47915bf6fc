import { z } from 'zod';
import { dateTime, period } from '../../schemas/instant.ts';
import { ruleType } from '../../schemas/provision.ts';
import { some } from './elements.ts';
import { r4Root, r5Provision } from './provision.ts';

const kept = z.unknown().optional();
const codings = z.looseObject({
  coding: z.array(z.looseObject({ system: z.string().optional(), code: z.string().optional() })).optional(),
});
const verification = z
  .array(z.looseObject({ verified: z.literal(true, 'a consent that is not verified') }))
  .optional();

/** Of any resource: kept, not judged. implicitRules is not among them: it may change what the rest means. */
const resource = {
  resourceType: z.literal('Consent'),
  status: z.literal('active'),
  meta: kept,
  language: kept,
  text: kept,
  contained: kept,
  identifier: kept,
  sourceAttachment: kept,
  sourceReference: kept,
  verification,
};

/** An active Consent (hl7.org/fhir/R4/consent.html). */
export const r4Consent = z.strictObject({
  ...resource,
  scope: codings,
  category: z.array(codings).optional(),
  patient: kept,
  dateTime,
  performer: kept,
  organization: kept,
  policy: z.array(z.looseObject({ uri: z.string().min(1).optional() })).optional(),
  policyRule: codings.optional(),
  provision: r4Root.optional(),
});
export type R4Consent = z.infer<typeof r4Consent>;

/** An active Consent (hl7.org/fhir/R5/consent.html). */
export const r5Consent = z.strictObject({
  ...resource,
  category: z.array(codings).optional(),
  subject: kept,
  date: dateTime,
  period: period.optional(),
  grantor: kept,
  grantee: kept,
  manager: kept,
  controller: kept,
  regulatoryBasis: kept,
  policyBasis: z.looseObject({ uri: z.string().min(1).optional() }).optional(),
  policyText: kept,
  decision: ruleType,
  provision: some(r5Provision).optional(),
});
export type R5Consent = z.infer<typeof r5Consent>;
