import { z } from 'zod';
import { coding, reference, uuid } from '../coding.ts';
import { instant, period } from '../instant.ts';
import { rule, ruleType } from '../provision.ts';
import { agent, defineEvent } from './define.ts';
import { combining } from './form-published.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex');

/** The document that was signed: kept elsewhere, named here by its hash (FHIR Consent.sourceAttachment). */
export const sourceDocument = z.strictObject({
  contentType: z.string().min(1).max(200),
  sha256,
  title: z.string().max(500).optional(),
});

/** The form that was shown, as it stood when the consent was recorded, so that the stream explains itself. */
export const formUsed = z.strictObject({
  formId: z.string(),
  version: z.string(),
  combining,
  textSha256: sha256,
});

/** A FHIR resource that the grant was read from, whole, and the operator's choices in reading it (SEMANTICS S8.7). */
export const fhirSource = z.strictObject({
  release: z.enum(['R4', 'R5']),
  resourceKey: z
    .string()
    .describe('Base and id of the resource: what makes it the same resource again (S8.5)'),
  contentSha256: sha256,
  choices: z.record(z.string(), z.unknown()),
  resource: z.record(z.string(), z.unknown()),
});

/** Where a document stands that could not be understood (SEMANTICS S2.7, S8.6). */
export const unreadable = z.strictObject({ path: z.string(), reason: z.string() });

const v1 = z.strictObject({
  consentId: uuid,
  signedAt: instant.describe('Orders consents (S1.4)'),
  period: period.optional().describe('When the consent holds; instants'),
  retroactive: z.literal(true).optional(),
  purpose: z.array(coding).min(1).optional(),
  otherwise: ruleType.optional(),
  rules: z.array(rule).min(1).optional(),
  unreadable: unreadable.optional().describe('Then it has neither rules nor otherwise'),
  form: formUsed.optional(),
  replaces: z.array(uuid).min(1).optional(),
  grantor: z.array(reference).min(1).optional(),
  representative: z.strictObject({ reference, authority: z.string().max(500).optional() }).optional(),
  witness: z.array(reference).min(1).optional(),
  source: sourceDocument.optional(),
  fhir: fhirSource.optional(),
  agent,
});

export type ConsentGranted = z.infer<typeof v1>;
export const consentGranted = defineEvent(
  'ConsentGranted',
  'A consent was given, refused, or could not be read',
  [],
  v1,
);
