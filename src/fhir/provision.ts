import { z } from 'zod';
import { period } from '../../schemas/instant.ts';
import { type Exception, type RuleType, ruleType } from '../../schemas/provision.ts';
import {
  type Actor,
  actionConcept,
  actor,
  coding,
  concept,
  reference,
  some,
  typeCoding,
} from './elements.ts';

/** What a provision asks for, in the ledger's terms (SEMANTICS S4, S8.4). */
export type Criteria = Omit<Exception, 'exceptions' | 'obligations'>;

/** A provision inside another, R4: its type is written. */
export interface R4Provision {
  readonly type: RuleType;
  readonly criteria: Criteria;
  readonly provisions: readonly R4Provision[];
}

/** Consent.provision of R4: its type may be absent. */
export type R4Root = Omit<R4Provision, 'type'> & { readonly type: RuleType | undefined };

/** Consent.provision of R5 at any level: its type follows from its level. */
export interface R5Provision {
  readonly criteria: Criteria;
  readonly provisions: readonly R5Provision[];
}

/** What both releases have. What is not listed (`expression`, any modifierExtension, ...) is refused. */
const common = {
  period: period.optional(),
  actor: some(actor).optional(),
  action: some(actionConcept).optional(),
  securityLabel: some(coding).optional(),
  purpose: some(coding).optional(),
  code: some(concept).optional(),
  dataPeriod: period.optional(),
  data: some(
    z.strictObject({ meaning: z.enum(['instance', 'related', 'dependents', 'authoredby']), reference }),
  ).optional(),
};
type Common = z.infer<z.ZodObject<typeof common>>;

const criteriaOf = (read: Common, classes: Criteria['class']): Criteria => {
  const actors = read.actor?.flat() ?? [];
  const criteria: Criteria = {
    period: read.period,
    recipient: filled(actors.flatMap(({ is, ...recipient }) => (is === 'recipient' ? [recipient] : []))),
    custodian: filled(referencesOf(actors, 'custodian')),
    author: filled(referencesOf(actors, 'author')),
    purpose: read.purpose,
    action: read.action?.flat(),
    class: classes,
    code: read.code?.flat(),
    data: read.data,
    dataPeriod: read.dataPeriod,
    label: read.securityLabel,
  };
  return Object.fromEntries(Object.entries(criteria).filter(([, value]) => value !== undefined));
};

const referencesOf = (actors: readonly Actor[], is: Actor['is']): string[] =>
  actors.flatMap((actor) => (actor.is === is && actor.reference !== undefined ? [actor.reference] : []));

const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

const r4Shape = { ...common, class: some(typeCoding).optional() };

const r4Nested: z.ZodType<R4Provision> = z
  .strictObject({
    ...r4Shape,
    type: z.enum(ruleType.options, 'a provision inside another needs a type, permit or deny'),
    get provision() {
      return some(r4Nested).optional();
    },
  })
  .transform(({ type, provision, ...read }) => ({
    type,
    criteria: criteriaOf(read, read.class),
    provisions: provision ?? [],
  }));

/** Consent.provision (hl7.org/fhir/R4/consent.html); inside it a provision without a type is refused (S8.2). */
export const r4Root: z.ZodType<R4Root> = z
  .strictObject({ ...r4Shape, type: ruleType.optional(), provision: some(r4Nested).optional() })
  .transform(({ type, provision, ...read }) => ({
    type,
    criteria: criteriaOf(read, read.class),
    provisions: provision ?? [],
  }));

/** Consent.provision (hl7.org/fhir/R5/consent.html). */
export const r5Provision: z.ZodType<R5Provision> = z
  .strictObject({
    ...common,
    resourceType: some(typeCoding).optional(),
    documentType: some(typeCoding).optional(),
    get provision() {
      return some(r5Provision).optional();
    },
  })
  .refine((read) => Object.keys(read).length > 0, 'an element without content')
  // Side by side they would have to be met both, and the ledger's class is met by either (S8.4).
  .refine((read) => read.resourceType === undefined || read.documentType === undefined, {
    message: 'resourceType and documentType in one provision cannot be expressed',
    path: ['documentType'],
  })
  .transform(({ provision, ...read }) => ({
    criteria: criteriaOf(read, read.resourceType ?? read.documentType),
    provisions: provision ?? [],
  }));
