import type { RuleType } from '../../schemas/provision.ts';
import { opposite } from '../consent/rules.ts';
import type { ImportChoices } from './choices.ts';
import type { R4Provision, R4Root } from './provision.ts';
import { type Read, refuse } from './refusal.ts';
import type { Placed, PlacedRule, Terms } from './terms.ts';

const root = 'Consent.provision';

/**
 * What an R4 Consent says (SEMANTICS S8.2). R4 forbids a type at the root that every profile then requires, so
 * the root is read by its type where it has one, and else by the policy rule where that leaves one meaning.
 *
 * @param policyRule permit for OPTIN, deny for OPTOUT
 */
export const readR4 = (
  provision: R4Root | undefined,
  policyRule: RuleType | undefined,
  choices: Pick<ImportChoices, 'untypedRoot' | 'sameType'>,
): Read<Terms> => {
  if (provision === undefined) return readPolicyRule(policyRule);
  const type = provision.type ?? impliedType(provision, policyRule, choices.untypedRoot);
  if (type === undefined)
    return refuse(
      `${root}.type`,
      'ambiguous: a root without a type may be what the policy says, or an exception to it',
    );
  const typed = { ...provision, type };
  const repeated = choices.sameType === 'refuse' ? repeatedType(typed, root) : undefined;
  if (repeated !== undefined)
    return refuse(`${repeated}.type`, 'of the type of the provision that it stands in');
  return { ok: true, value: readRoot(typed, policyRule) };
};

const readPolicyRule = (policyRule: RuleType | undefined): Read<Terms> =>
  policyRule === undefined
    ? refuse('Consent.policyRule', 'neither a provision nor a policy rule of OPTIN or OPTOUT')
    : {
        ok: true,
        value: {
          rules: [{ type: policyRule, path: 'Consent.policyRule', criteria: {}, exceptions: [] }],
          speaksOfAll: false,
        },
      };

const impliedType = (
  provision: R4Root,
  policyRule: RuleType | undefined,
  choice: ImportChoices['untypedRoot'],
): RuleType | undefined => {
  if (policyRule === undefined) return undefined;
  if (isBare(provision) && provision.provisions.length > 0) return policyRule;
  if (choice === 'refuse') return undefined;
  return choice === 'as-base' ? policyRule : opposite(policyRule);
};

/** Without criteria, its period aside. */
const isBare = (provision: R4Root): boolean =>
  Object.keys(provision.criteria).every((key) => key === 'period');

const repeatedType = (provision: R4Provision, path: string): string | undefined => {
  for (const [i, inner] of provision.provisions.entries()) {
    const innerPath = `${path}.provision[${i}]`;
    if (inner.type === provision.type) return innerPath;
    const repeated = repeatedType(inner, innerPath);
    if (repeated !== undefined) return repeated;
  }
  return undefined;
};

const readRoot = (provision: R4Provision, policyRule: RuleType | undefined): Terms => {
  const { type } = provision;
  const againstPolicy = policyRule === opposite(type);
  const { period, ...criteria } = provision.criteria;
  // A root that is against its policy holds for its period only; outside of it the policy speaks.
  const rulePeriod = againstPolicy && period !== undefined;
  const [rule, ...beside] = withSiblings(rulePeriod ? provision : { ...provision, criteria }, root);
  const consentPeriod = rulePeriod ? undefined : period;
  if (isBare(provision) && provision.provisions.length > 0 && !rulePeriod) {
    const exceptions = rule.exceptions.map((exception) => ({ ...exception, type: opposite(type) }));
    return { rules: [...exceptions, ...beside], otherwise: type, speaksOfAll: true, period: consentPeriod };
  }
  const limited = type === 'permit' && criteria.purpose !== undefined;
  return {
    rules: [rule, ...beside],
    otherwise: limited || againstPolicy ? opposite(type) : undefined,
    speaksOfAll: false,
    period: consentPeriod,
  };
};

/**
 * The rule of a provision, and beside it a rule for each provision inside that repeats its type, with its
 * criteria where that one has none (IHE PCF's added permissions).
 */
const withSiblings = (provision: R4Provision, path: string): [PlacedRule, ...PlacedRule[]] => {
  const exceptions: Placed[] = [];
  const beside: PlacedRule[] = [];
  for (const [i, inner] of provision.provisions.entries()) {
    const innerPath = `${path}.provision[${i}]`;
    if (inner.type !== provision.type) exceptions.push(...withSiblings(inner, innerPath));
    else
      beside.push(
        ...withSiblings({ ...inner, criteria: { ...provision.criteria, ...inner.criteria } }, innerPath),
      );
  }
  return [{ type: provision.type, path, criteria: provision.criteria, exceptions }, ...beside];
};
