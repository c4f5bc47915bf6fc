import { z } from 'zod';

/** What the operator chooses where a FHIR Consent leaves more than one reading (SEMANTICS S8). */
export const importChoices = z.strictObject({
  release: z
    .enum(['auto', 'R4', 'R5'])
    .default('auto')
    .describe('FHIR release of the resources; auto tells them apart by `patient` (R4) and `subject` (R5)'),
  base: z
    .string()
    .min(1)
    .default('urn:consent-ledger:fhir')
    .transform((base) => base.replace(/\/+$/, ''))
    .describe('Base URL of the server that the resources come from: names them and their patients'),
  untypedRoot: z
    .enum(['refuse', 'as-base', 'as-exception'])
    .default('refuse')
    .describe(
      'S8.2: an R4 root provision without a type is refused, of its policy rule’s type, or its opposite',
    ),
  sameType: z
    .enum(['refuse', 'siblings'])
    .default('refuse')
    .describe('S8.2: a provision of the type of its parent is refused, or becomes a rule beside it'),
  policyUri: z
    .enum(['keep', 'as-form'])
    .default('keep')
    .describe('S8.5: policy.uri is only kept, or names the form of the consent'),
  refused: z
    .enum(['record', 'report-only'])
    .default('record')
    .describe('S8.6: what is refused is recorded as an unreadable consent, or only reported'),
});

export type ImportChoices = z.infer<typeof importChoices>;
