import type { Coding } from '../../schemas/coding.ts';
import type { Settings } from '../../schemas/settings.ts';
import vocabulary from '../../schemas/vocabulary.json' with { type: 'json' };

/** Three-valued logic: what is unknown is neither met nor not met. */
export type Kleene = 'met' | 'unknown' | 'not met';

/** S3.1: met if one is met, else unknown if one is unknown, else not met. */
export const any = (values: readonly Kleene[]): Kleene =>
  values.includes('met') ? 'met' : values.includes('unknown') ? 'unknown' : 'not met';

/** S3.1: not met beats unknown, unknown beats met. */
export const all = (values: readonly Kleene[]): Kleene =>
  values.includes('not met') ? 'not met' : values.includes('unknown') ? 'unknown' : 'met';

/** For what cannot be unknown. */
export const certainly = (holds: boolean): Kleene => (holds ? 'met' : 'not met');

export const purposeSystem = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
export const sensitivitySystem = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const confidentialitySystem = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
export const confidentialityOrder: readonly string[] = vocabulary.confidentiality.order;

const keyOf = (coding: Coding): string => `${coding.system}|${coding.code}`;
export const sameCode = (a: Coding, b: Coding): boolean => keyOf(a) === keyOf(b);
export const breakGlass: Coding = { system: purposeSystem, code: 'BTG' };

/** S4.3: from each code to its parents; a code may have several. */
export type Tree = ReadonlyMap<string, ReadonlySet<string>>;

interface Node extends Coding {
  readonly parents: readonly Coding[];
}

const published = (system: string, codes: readonly { code: string; parents: readonly string[] }[]): Node[] =>
  codes.map(({ code, parents }) => ({
    system,
    code,
    parents: parents.map((parent) => ({ system, code: parent })),
  }));

const treeOf = (nodes: readonly Node[]): Tree => {
  const tree = new Map<string, Set<string>>();
  for (const node of nodes) {
    const parents = tree.get(keyOf(node)) ?? new Set<string>();
    tree.set(keyOf(node), parents);
    for (const parent of node.parents) parents.add(keyOf(parent));
  }
  return tree;
};

/** The oracle computes each thing anew, but for trees: thousands of random cases share one set of settings. */
const once = <K extends object, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
};

/** S4.3: the purposes as published and as configured. */
export const purposeTree = once(
  (settings: Settings): Tree =>
    treeOf([...published(purposeSystem, vocabulary.purposeOfUse), ...settings.purposes]),
);

/** S4.3: the sensitivities as published, as shipped (SUD is also below ETH) and as configured. */
export const sensitivityTree = once(
  (settings: Settings): Tree =>
    treeOf([
      ...published(sensitivitySystem, vocabulary.informationSensitivity),
      { system: sensitivitySystem, code: 'SUD', parents: [{ system: sensitivitySystem, code: 'ETH' }] },
      ...settings.sensitivities,
    ]),
);

/** The systems that a tree holds codes of. */
export const systemsOf = once(
  (tree: Tree): ReadonlySet<string> =>
    new Set([...tree.keys()].map((key) => key.slice(0, key.lastIndexOf('|')))),
);

/** S6.1: BTG is above and below nothing, so no way up leads to it or from it. */
const parentsOf = (tree: Tree, key: string): readonly string[] =>
  key === keyOf(breakGlass)
    ? []
    : [...(tree.get(key) ?? [])].filter((parent) => parent !== keyOf(breakGlass));

const above = (tree: Tree, key: string): ReadonlySet<string> => allAbove(tree).get(key) ?? new Set();

const climbed = (tree: Tree, key: string): readonly string[] =>
  parentsOf(tree, key).flatMap((parent) => [parent, ...climbed(tree, parent)]);

const allAbove = once(
  (tree: Tree): ReadonlyMap<string, ReadonlySet<string>> =>
    new Map([...tree.keys()].map((key) => [key, new Set(climbed(tree, key))])),
);

/** How many steps up from `low` to `high`: 0 for itself, Infinity where `high` is not above it. */
export const stepsUp = (tree: Tree, low: Coding, high: Coding): number => {
  const climb = (key: string): number =>
    key === keyOf(high) ? 0 : Math.min(Infinity, ...parentsOf(tree, key).map((parent) => 1 + climb(parent)));
  return climb(keyOf(low));
};

/** S6.1: `asked` is above `listed`, or some code is below both. */
export const mayMean = (tree: Tree, asked: Coding, listed: Coding): boolean =>
  above(tree, keyOf(listed)).has(keyOf(asked)) ||
  [...allAbove(tree).values()].some((higher) => higher.has(keyOf(asked)) && higher.has(keyOf(listed)));

/** S6.1, S4.2, for purposes and labels: does the listed code cover the one asked about? */
export const covers = (tree: Tree, listed: Coding, asked: Coding): Kleene => {
  if (sameCode(listed, asked)) return 'met';
  if (sameCode(listed, breakGlass) || sameCode(asked, breakGlass)) return 'not met';
  if (!tree.has(keyOf(listed)) || !tree.has(keyOf(asked))) return 'unknown';
  if (stepsUp(tree, asked, listed) < Infinity) return 'met';
  return mayMean(tree, asked, listed) ? 'unknown' : 'not met';
};
