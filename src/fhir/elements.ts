import { z } from 'zod';
import {
  action,
  type Coding,
  classCoding,
  reference as literal,
  coding as qualified,
} from '../../schemas/coding.ts';

/** Code systems that a Consent's own elements are written in (terminology.hl7.org). */
const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const participationFunction = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction';
const consentAction = 'http://terminology.hl7.org/CodeSystem/consentaction';

export const some = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'an empty list is refused');

/** Of a Coding these are kept and not judged: codes compare by system and code (SEMANTICS S4.2). */
const unjudged = {
  version: z.string().optional(),
  display: z.string().optional(),
  userSelected: z.boolean().optional(),
};

/** FHIR Coding with its system. */
export const coding = z
  .strictObject({ ...qualified.shape, ...unjudged })
  .transform(({ system, code }): Coding => ({ system, code }));

/** FHIR Coding of a resource or document type, whose system may be left out. */
export const typeCoding = z
  .strictObject({ ...classCoding.shape, ...unjudged })
  .transform(({ system, code }) => (system === undefined ? { code } : { system, code }));

/** FHIR CodeableConcept as its codings: each names the same concept. A text alone cannot be compared. */
export const concept = z
  .strictObject({ coding: some(coding), text: z.string().optional() })
  .transform((value) => value.coding);

/** FHIR Reference as its literal reference: who is named by identifier or text alone cannot be compared. */
export const reference = z
  .strictObject({
    reference: literal.refine(
      (text) => !text.startsWith('#'),
      'a contained resource has no name that a question could use',
    ),
    type: z.string().optional(),
    identifier: z.unknown().optional(),
    display: z.string().optional(),
  })
  .transform((value) => value.reference);

/** CodeableConcept of consentaction; a coding of any other system might narrow it, so it is refused. */
export const actionConcept = concept.transform((codings, context) =>
  codings.map(({ system, code }) => {
    const known = action.safeParse(code);
    if (system === consentAction && known.success) return known.data;
    context.addIssue({ code: 'custom', message: 'an action that is not one of FHIR consentaction' });
    return z.NEVER;
  }),
);

export type Actor =
  | { readonly is: 'custodian' | 'author'; readonly reference: string }
  | { readonly is: 'recipient'; readonly reference?: string; readonly role?: Coding };

const parts: Readonly<Record<string, Actor['is'] | undefined>> = {
  CST: 'custodian',
  AUT: 'author',
  PRCP: 'recipient',
  IRCP: 'recipient',
};

/**
 * Consent.provision.actor (SEMANTICS S8.4): custodian, author or recipient by reference, or a recipient by a
 * functional role; of several codings of a role each must be one of these, and all must say the same.
 */
export const actor = z
  .strictObject({ role: concept, reference: reference.optional() })
  .transform((value, context): Actor[] => {
    const refuse = (message: string, element: 'role' | 'reference') => {
      context.addIssue({ code: 'custom', message, path: [element] });
      return z.NEVER;
    };
    const functional = value.role.filter((coding) => coding.system === participationFunction);
    const others = value.role.filter((coding) => coding.system !== participationFunction);
    const is = new Set(
      others.map(({ system, code }) => (system === participationType ? parts[code] : undefined)),
    );
    if (functional.length > 0) is.add('recipient');
    const [part] = is;
    if (is.size !== 1 || part === undefined)
      return refuse('an actor of a role that cannot be expressed', 'role');
    const { reference } = value;
    if (functional.length > 0)
      return functional.map((role) => ({ is: 'recipient', role, ...(reference && { reference }) }));
    if (reference === undefined) return refuse('an actor without a literal reference', 'reference');
    return [{ is: part, reference }];
  });
