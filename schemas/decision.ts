import { z } from 'zod';
import { action, classCoding, coding, reference, uuid } from './coding.ts';
import { dateTime, instant, period } from './instant.ts';
import { rule, ruleType } from './provision.ts';

/** The name and version of what SEMANTICS.md defines; it stands in every answer. */
export const algorithm = 'ledger-1';

/** What is to be used. An absent attribute is unknown; a list that is given is asserted complete (SEMANTICS S4.1). */
export const item = z.strictObject({
  reference: reference.optional(),
  class: z.array(classCoding).optional(),
  code: z.array(coding).optional(),
  labels: z.array(coding).optional(),
  author: z.array(reference).optional(),
  related: z.array(reference).optional(),
  time: z.union([dateTime, period]).optional().describe('An instant, a partial date or a period'),
});

/** The item attributes that an asker may enforce itself (SEMANTICS S7.7). */
export const enforceable = z.enum(['class', 'code', 'labels', 'data', 'dataPeriod', 'author']);
export type Enforceable = z.infer<typeof enforceable>;

/** What is asked of one patient's record (SEMANTICS S4). Instants may be written as any FHIR dateTime. */
export const question = z.strictObject({
  recipient: z.strictObject({
    reference,
    memberOf: z.array(reference).optional(),
    roles: z.array(coding).optional(),
  }),
  purpose: coding,
  action,
  custodian: reference.optional(),
  items: z.array(item).min(1).max(1000).optional(),
  enforces: z.array(enforceable).min(1).optional(),
  validAt: dateTime.optional(),
  knownAt: dateTime.optional(),
});
export type Item = z.infer<typeof item>;
export type Question = z.infer<typeof question>;

export const outcome = z.enum(['permit', 'deny', 'conditional']);

/** Why, by SEMANTICS S7.3. */
export const reason = z.enum([
  'permitted',
  'refused',
  'conditional',
  'missing-information',
  'implicit-policy',
  'not-covered',
  'expired',
  'revoked',
  'not-yet-valid',
  'no-consent',
  'unknown-patient',
  'break-glass',
  'break-glass-undeclared',
  'break-glass-refused',
  'restricted',
]);
export type Reason = z.infer<typeof reason>;

/** What is left to be decided on each item by the asker: rules of item criteria alone, and what holds otherwise. */
export const residual = z.strictObject({ rules: z.array(rule), otherwise: ruleType });
export type Residual = z.infer<typeof residual>;

/** One consent (or emergency declaration) that was heard, and by which of its rules. */
export const ground = z.strictObject({
  consentId: uuid.optional(),
  declarationId: uuid.optional(),
  revision: z.int().describe('Revision of the grant or declaration in the stream of the patient'),
  rules: z.array(z.string()).optional().describe('Paths, as in rules[0].exceptions[2]'),
  otherwise: z.literal(true).optional(),
});

/** The answer for one item. */
export const verdict = z.strictObject({
  decision: outcome,
  reason,
  obligations: z.array(coding).optional(),
  basis: z.array(ground),
  missing: z.array(z.string()).optional().describe('Attributes that made rules unknown'),
  review: z.literal(true).optional().describe('Break-glass: to be reviewed'),
  residual: residual.optional(),
});
export type Verdict = z.infer<typeof verdict>;

/** The answer to a question: one verdict for each item, in the order of the items. */
export const answer = z.strictObject({
  algorithm: z.literal(algorithm),
  validAt: instant,
  knownAt: instant.describe('The effective knownAt: never later than what the node holds'),
  revision: z
    .int()
    .min(-1)
    .describe('Revision of the stream that the answer rests on; -1 where there is none'),
  items: z.array(verdict),
});
export type Answer = z.infer<typeof answer>;
