import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Coding } from '../../schemas/coding.ts';
import type { RuleType } from '../../schemas/provision.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { Settings } from '../../schemas/settings.ts';
import { breakTheGlass, purposeNodes, sensitivityNodes, systems } from '../../schemas/vocabulary.ts';
import { buildTree, codingKey, type Tree } from './tree.ts';
import { met, truthOf, unknown } from './truth.ts';

/** What answers are given under: the settings of the operator, compiled. */
export interface Policy {
  readonly settings: Settings;
  /** base64url SHA-256 of the settings as RFC 8785 JSON; it stands in each decision. */
  readonly hash: string;
  readonly purposes: Tree;
  readonly sensitivities: Tree;
  readonly knowsPurposeSystem: (system: string) => boolean;
  /** The family of a label (S5): `confidentiality`, `sensitivity`, or its system; absent where it is not configured. */
  readonly labelFamily: (system: string) => string | undefined;
  /** A reference as it is compared: the configured base taken off and any version cut (S4.2). */
  readonly reference: (text: string) => string;
  /** What holds where no consent speaks; absent where nothing configured does, which is a denial (S7.2). */
  readonly implicit: (purpose: string) => RuleType | undefined;
}

export const breakGlassKey = codingKey(breakTheGlass);

/**
 * Compiles the settings.
 *
 * @returns `invalid-request` for a tree that is cyclic or names a parent that is not in it (S4.3), a code above or
 * below BTG (S6.1), or an implicit policy for a purpose that the tree does not hold
 */
export function compilePolicy(settings: Settings): Result<Policy> {
  const underGlass = settings.purposes.find(
    (node) =>
      codingKey(node) === breakGlassKey || node.parents.some((parent) => codingKey(parent) === breakGlassKey),
  );
  if (underGlass) return fail('invalid-request', `BTG is above and below nothing: ${underGlass.code}`);

  const purposes = buildTree([...purposeNodes, ...settings.purposes]);
  if (!purposes.ok) return purposes;
  const sensitivities = buildTree([...sensitivityNodes, ...settings.sensitivities]);
  if (!sensitivities.ok) return sensitivities;

  const listed = settings.implicitPolicy.purposes;
  const stray = listed.find(({ purpose }) => !purposes.value.holds(codingKey(purpose)));
  if (stray) return fail('invalid-request', `implicit policy for an unknown purpose: ${stray.purpose.code}`);

  const purposeSystems = systemsOf([...purposeNodes, ...settings.purposes]);
  return ok({
    settings,
    hash: createHash('sha256')
      .update(canonicalize(settings) ?? '')
      .digest('base64url'),
    purposes: isolateGlass(purposes.value),
    sensitivities: sensitivities.value,
    knowsPurposeSystem: (system) => purposeSystems.has(system),
    labelFamily: labelFamilies(settings),
    reference: referenceReader(settings.referenceBase),
    implicit: implicitPolicy(isolateGlass(purposes.value), listed),
  });
}

const systemsOf = (codings: readonly Coding[]): Set<string> => new Set(codings.map(({ system }) => system));

/** BTG is covered by BTG alone, also where a code is not in the tree (S6.1). */
const isolateGlass = (tree: Tree): Tree => ({
  ...tree,
  covers: (listed, asked) =>
    listed === breakGlassKey || asked === breakGlassKey
      ? truthOf(listed === asked)
      : tree.covers(listed, asked),
});

function labelFamilies(settings: Settings): (system: string) => string | undefined {
  const families = new Map(settings.labelSystems.map((system) => [system, system]));
  for (const system of systemsOf([...sensitivityNodes, ...settings.sensitivities]))
    families.set(system, 'sensitivity');
  families.set(systems.confidentiality, 'confidentiality');
  return (system) => families.get(system);
}

function referenceReader(base: string | undefined): (text: string) => string {
  const prefix = base === undefined || base.endsWith('/') ? base : `${base}/`;
  return (text) => {
    const relative = prefix !== undefined && text.startsWith(prefix) ? text.slice(prefix.length) : text;
    return relative.includes('/_history/') ? relative.replace(/\/_history\/[^/#]*$/, '') : relative;
  };
}

/**
 * The nearest listed ancestor counts, deny among equals; a purpose above one that is listed as deny, or sharing
 * with it a code below, is denied (S7.2).
 */
function implicitPolicy(tree: Tree, listed: Settings['implicitPolicy']['purposes']): Policy['implicit'] {
  const entries = listed.map(({ purpose, decision }) => ({ key: codingKey(purpose), decision }));
  return (purpose) => {
    if (!tree.holds(purpose)) return undefined;
    const above = tree.above(purpose);
    const near = entries.filter(({ key }) => tree.covers(key, purpose) === met);
    const nearest = Math.min(...near.map(({ key }) => above.get(key) ?? Number.POSITIVE_INFINITY));
    const counting = near.filter(({ key }) => above.get(key) === nearest);
    const touched = entries.filter(({ key }) => tree.covers(key, purpose) === unknown);
    if ([...counting, ...touched].some(({ decision }) => decision === 'deny')) return 'deny';
    return counting[0]?.decision;
  };
}
