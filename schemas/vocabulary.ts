import type { Coding } from './coding.ts';
import vocabulary from './vocabulary.json' with { type: 'json' };

/** A code of a tree, and the codes right above it. */
export interface TreeNode extends Coding {
  readonly parents: readonly Coding[];
}

/** The HL7 Terminology code systems that the trees are taken from (vocabulary.json names the release). */
export const systems = {
  purpose: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  sensitivity: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
} as const;

/** Break the glass: covered by itself alone, above and below nothing (SEMANTICS S6.1). */
export const breakTheGlass: Coding = { system: systems.purpose, code: 'BTG' };

/** Confidentiality codes, lowest first (SEMANTICS S5). */
export const confidentialityOrder: readonly string[] = vocabulary.confidentiality.order;

/** What IHE PCF adds: SUD stands below ETH too (SEMANTICS S4.3). */
const shippedExtension: readonly TreeNode[] = [
  {
    system: systems.sensitivity,
    code: 'SUD',
    parents: [{ system: systems.sensitivity, code: 'ETH' }],
  },
];

const nodesOf = (
  system: string,
  codes: readonly { readonly code: string; readonly parents: readonly string[] }[],
): TreeNode[] =>
  codes.map(({ code, parents }) => ({
    system,
    code,
    parents: parents.map((parent) => ({ system, code: parent })),
  }));

/** Purposes of use; BTG without the place that HL7 gives it below ETREAT. */
export const purposeNodes: readonly TreeNode[] = nodesOf(systems.purpose, vocabulary.purposeOfUse).map(
  (node) => (node.code === breakTheGlass.code ? { ...node, parents: [] } : node),
);

/** Information sensitivity labels, with the shipped extension. A code may appear twice: its parents add up. */
export const sensitivityNodes: readonly TreeNode[] = [
  ...nodesOf(systems.sensitivity, vocabulary.informationSensitivity),
  ...shippedExtension,
];

/** What HL7 calls each code of the trees, by `<system>|<code>`; a code that has none is missing. */
export const displays: ReadonlyMap<string, string> = new Map(
  [
    ...vocabulary.purposeOfUse.map((entry) => ({ system: systems.purpose, ...entry })),
    ...[...vocabulary.informationSensitivity, ...vocabulary.obligation, ...vocabulary.refrain].map(
      (entry) => ({
        system: systems.sensitivity,
        ...entry,
      }),
    ),
    ...vocabulary.confidentiality.codes.map((entry) => ({ system: systems.confidentiality, ...entry })),
  ].map(({ system, code, display }) => [`${system}|${code}`, display]),
);
