import type { Coding } from '../../schemas/coding.ts';
import type { RuleType } from '../../schemas/provision.ts';

const consentScope = 'http://terminology.hl7.org/CodeSystem/consentscope';
const consentCategory = 'http://terminology.hl7.org/CodeSystem/consentcategorycodes';
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const loinc = 'http://loinc.org';

/** A CodeableConcept of which only known codings are judged. */
export interface Codings {
  readonly coding?:
    | readonly { readonly system?: string | undefined; readonly code?: string | undefined }[]
    | undefined;
}

/**
 * What a scope or category says that a Consent is about (SEMANTICS S8.3). `treatment`: a treatment, or wishes for
 * treatment to come, and not the use of data. `derived`: the use of data that was made anonymous or whose person
 * is told again, which no rule can say.
 */
export type Topic = 'privacy' | 'research' | 'treatment' | 'derived';

const key = ({ system, code }: Partial<Coding>): string => `${system}|${code}`;

const topics: ReadonlyMap<string, Topic> = new Map([
  [`${consentScope}|patient-privacy`, 'privacy'],
  [`${consentScope}|research`, 'research'],
  [`${consentCategory}|research`, 'research'],
  [`${actCode}|RESEARCH`, 'research'],
  [`${consentCategory}|rsdid`, 'derived'],
  [`${consentCategory}|rsreid`, 'derived'],
  [`${actCode}|RSDID`, 'derived'],
  [`${actCode}|RSREID`, 'derived'],
  [`${consentScope}|treatment`, 'treatment'],
  [`${consentScope}|adr`, 'treatment'],
  [`${consentCategory}|acd`, 'treatment'],
  [`${consentCategory}|dnr`, 'treatment'],
  [`${consentCategory}|hcd`, 'treatment'],
  [`${consentCategory}|polst`, 'treatment'],
  [`${loinc}|42348-3`, 'treatment'],
  [`${loinc}|75320-2`, 'treatment'],
]);

/** The topics that a resource's scope and categories name; a code that is not known names none. */
export const topicsOf = (concepts: readonly Codings[]): Topic[] =>
  concepts.flatMap(({ coding = [] }) =>
    coding.flatMap((one) => topics.get(key(one as Partial<Coding>)) ?? []),
  );

/** Consent.policyRule of R4: permit for OPTIN, deny for OPTOUT (SEMANTICS S8.2). */
export const policyRuleOf = (policyRule: Codings | undefined): RuleType | 'both' | undefined => {
  const named = new Set((policyRule?.coding ?? []).map((one) => `${one.system}|${one.code}`));
  const optIn = named.has(`${actCode}|OPTIN`);
  const optOut = named.has(`${actCode}|OPTOUT`);
  if (optIn && optOut) return 'both';
  if (optIn) return 'permit';
  return optOut ? 'deny' : undefined;
};
