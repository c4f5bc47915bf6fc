import type { Coding } from '../../schemas/coding.ts';
import type { RuleType } from '../../schemas/provision.ts';
import { confidentialityOrder, systems } from '../../schemas/vocabulary.ts';
import type { Policy } from './policy.ts';
import { codingKey } from './tree.ts';
import { all, any, met, notMet, type Truth, truthOf, unknown } from './truth.ts';

/** The labels of an item or a rule by family (S5), as coding keys. */
export type FamilyLabels = ReadonlyMap<string, readonly string[]>;

const confidentiality = (code: string): string => codingKey({ system: systems.confidentiality, code });
const ranks = new Map(confidentialityOrder.map((code, rank) => [confidentiality(code), rank]));

/**
 * An item's labels by family. One without a confidentiality counts as N, or as R when it has a sensitivity label
 * (S5); a label of a system that is not configured says nothing.
 */
export function labelsByFamily(labels: readonly Coding[], policy: Policy): FamilyLabels {
  const families = listedByFamily(labels, policy);
  if (families.has('confidentiality')) return families;
  return new Map(families).set('confidentiality', [confidentiality(families.has('sensitivity') ? 'R' : 'N')]);
}

/** The labels that a rule lists, by family. */
export function listedByFamily(labels: readonly Coding[], policy: Policy): FamilyLabels {
  const families = new Map<string, string[]>();
  for (const label of labels) {
    const family = policy.labelFamily(label.system);
    if (family === undefined) continue;
    families.set(family, [...(families.get(family) ?? []), codingKey(label)]);
  }
  return families;
}

/** Whether an item's labels meet those that a rule of this type lists (S5.1, S5.2). */
export function judgeLabels(
  type: RuleType,
  listed: FamilyLabels,
  labels: FamilyLabels,
  policy: Policy,
): Truth {
  const matches = (family: string, codes: readonly string[], label: string) =>
    any(codes, (code) => matchLabel(type, family, code, label, policy));
  if (type === 'deny') {
    return any(listed, ([family, codes]) =>
      any(labels.get(family) ?? [], (label) => matches(family, codes, label)),
    );
  }
  return all(listed, ([family, codes]) => {
    const present = labels.get(family);
    return present ? all(present, (label) => matches(family, codes, label)) : notMet;
  });
}

function matchLabel(type: RuleType, family: string, listed: string, label: string, policy: Policy): Truth {
  if (listed === label) return met;
  if (family === 'sensitivity') return policy.sensitivities.covers(listed, label);
  if (family !== 'confidentiality') return notMet;
  const least = ranks.get(listed);
  const rank = ranks.get(label);
  if (least === undefined || rank === undefined) return unknown;
  return truthOf(type === 'permit' ? rank <= least : rank >= least);
}
