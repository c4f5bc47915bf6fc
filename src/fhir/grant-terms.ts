import type { Coding } from '../../schemas/coding.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import type { Rule, RuleType } from '../../schemas/provision.ts';
import { instantOf } from '../consent/time.ts';
import type { ImportChoices } from './choices.ts';
import { readR4 } from './r4.ts';
import { readR5 } from './r5.ts';
import { type Read, refuse } from './refusal.ts';
import type { R4Consent, R5Consent } from './resource.ts';
import { type PlacedRule, purposeOf, type Terms, toRule } from './terms.ts';
import { policyRuleOf, type Topic, topicsOf } from './topic.ts';

/** What a Consent grants: of the members of a grant those that the resource decides; dates as it writes them. */
export interface GrantTerms {
  readonly signedAt: string;
  readonly period?: FhirPeriod;
  readonly retroactive?: true;
  readonly purpose?: Coding[];
  readonly otherwise?: RuleType;
  readonly rules: Rule[];
  /** The form, where the operator lets policy.uri name it (SEMANTICS S8.5), and the element that does. */
  readonly form?: { readonly uri: string; readonly path: string };
}

/** The terms, and where each of the rules was read. */
export interface PlacedTerms {
  readonly terms: GrantTerms;
  readonly rules: readonly PlacedRule[];
}

/** An R4 Consent (SEMANTICS S8.2): a period that starts before the resource was made is meant to reach back. */
export const termsOfR4 = (
  resource: R4Consent,
  choices: ImportChoices,
  timeZone: string,
): Read<PlacedTerms> => {
  const topics = topicsOf([resource.scope, ...(resource.category ?? [])]);
  if (!topicsOf([resource.scope]).some((topic) => topic === 'privacy' || topic === 'research'))
    return refuse('Consent.scope', 'a scope that is not known');
  const policyRule = policyRuleOf(resource.policyRule);
  if (policyRule === 'both') return refuse('Consent.policyRule', 'both OPTIN and OPTOUT');
  const read = readR4(resource.provision, policyRule, choices);
  if (!read.ok) return read;
  const { start } = read.value.period ?? {};
  const signedAt = resource.dateTime;
  const retroactive = start !== undefined && instantOf(start, timeZone) < instantOf(signedAt, timeZone);
  const uris = (resource.policy ?? []).map(({ uri }, i) => ({ uri, path: `Consent.policy[${i}].uri` }));
  return finish(read.value, {
    signedAt,
    retroactive,
    topics,
    uris,
    choices,
  });
};

/** An R5 Consent (SEMANTICS S8.1). */
export const termsOfR5 = (resource: R5Consent, choices: ImportChoices): Read<PlacedTerms> => {
  const terms = readR5(resource.decision, resource.provision ?? [], resource.period);
  return finish(terms, {
    signedAt: resource.date,
    retroactive: false,
    topics: topicsOf(resource.category ?? []),
    uris: [{ uri: resource.policyBasis?.uri, path: 'Consent.policyBasis.uri' }],
    choices,
  });
};

interface Around {
  readonly signedAt: string;
  readonly retroactive: boolean;
  readonly topics: readonly Topic[];
  readonly uris: readonly { readonly uri?: string | undefined; readonly path: string }[];
  readonly choices: ImportChoices;
}

const finish = (terms: Terms, around: Around): Read<PlacedTerms> => {
  if (around.topics.includes('derived'))
    return refuse('Consent.category', 'a use of data without identity cannot be expressed');
  const forms = around.choices.policyUri === 'as-form' ? namedForms(around.uris) : [];
  if (forms[1] !== undefined)
    return refuse(forms[1].path, 'more than one policy, and a consent has one form');
  const purpose = purposeOf(terms, around.topics.includes('research'));
  return {
    ok: true,
    value: {
      rules: terms.rules,
      terms: {
        signedAt: around.signedAt,
        ...(terms.period && { period: terms.period }),
        ...(around.retroactive && { retroactive: true }),
        ...(purpose && { purpose }),
        ...(terms.otherwise && { otherwise: terms.otherwise }),
        rules: terms.rules.map(toRule),
        ...(forms[0] && { form: forms[0] }),
      },
    },
  };
};

const namedForms = (uris: Around['uris']): { uri: string; path: string }[] => [
  ...new Map(
    uris.flatMap(({ uri, path }) => (uri === undefined ? [] : [[uri, { uri, path }] as const])),
  ).values(),
];
