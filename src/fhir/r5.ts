import type { FhirPeriod } from '../../schemas/instant.ts';
import type { RuleType } from '../../schemas/provision.ts';
import { opposite } from '../consent/rules.ts';
import type { R5Provision } from './provision.ts';
import type { Placed, Terms } from './terms.ts';

/** What an R5 Consent says (SEMANTICS S8.1): its decision, and provisions that turn it, level by level. */
export const readR5 = (
  decision: RuleType,
  provisions: readonly R5Provision[],
  period: FhirPeriod | undefined,
): Terms => {
  if (provisions.length === 0)
    return {
      rules: [{ type: decision, path: 'Consent.decision', criteria: {}, exceptions: [] }],
      speaksOfAll: false,
      period,
    };
  const rules = provisions.map((provision, i) => ({
    type: opposite(decision),
    ...placed(provision, `Consent.provision[${i}]`),
  }));
  return { rules, otherwise: decision, speaksOfAll: true, period };
};

const placed = ({ criteria, provisions }: R5Provision, path: string): Placed => ({
  path,
  criteria,
  exceptions: provisions.map((provision, i) => placed(provision, `${path}.provision[${i}]`)),
});
