import { z } from 'zod';
import { action, classCoding, coding, reference } from './coding.ts';
import { period } from './instant.ts';

/** The limits of SEMANTICS S3. */
export const maxRuleDepth = 32;
export const maxRules = 10_000;

const some = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'an empty list is refused');

const recipient = z
  .strictObject({ reference: reference.optional(), role: coding.optional() })
  .refine(
    (value) => value.reference !== undefined || value.role !== undefined,
    'a reference or a role is needed',
  );

const dataMeaning = z.enum(['instance', 'related', 'dependents', 'authoredby']);

const type = z.enum(['permit', 'deny']);
export const ruleType = type;
export type RuleType = z.infer<typeof type>;

/** What a rule asks of the question and of one item (SEMANTICS S4); an absent criterion sets no limit. */
const criteria = {
  period: period.optional(),
  recipient: some(recipient).optional(),
  custodian: some(reference).optional(),
  author: some(reference).optional(),
  purpose: some(coding).optional(),
  action: some(action).optional(),
  class: some(classCoding).optional(),
  code: some(coding).optional(),
  data: some(z.strictObject({ reference, meaning: dataMeaning })).optional(),
  dataPeriod: period.optional(),
  label: some(coding).optional(),
  obligations: some(coding).optional(),
};

type Criteria = z.infer<z.ZodObject<typeof criteria>>;
export interface Exception extends Criteria {
  exceptions?: Exception[] | undefined;
}

/** A rule that stands in another: of the opposite type, which is why its type is not written (SEMANTICS S3). */
export const exception: z.ZodType<Exception> = z
  .strictObject({
    ...criteria,
    get exceptions() {
      return some(exception).optional();
    },
  })
  .meta({ id: 'Exception' });

/** The recursive permit or deny rule, the shape of FHIR R5 Consent.provision (SEMANTICS S3). */
export const rule = z
  .strictObject({ type, ...criteria, exceptions: some(exception).optional() })
  .meta({ id: 'Rule' });

export type Rule = z.infer<typeof rule>;
