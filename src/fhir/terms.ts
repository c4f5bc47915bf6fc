import type { Coding } from '../../schemas/coding.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import type { Exception, Rule, RuleType } from '../../schemas/provision.ts';
import type { Criteria } from './provision.ts';

/** What a Consent says, before it is a grant: the result of reading R4's or R5's provisions. */
export interface Terms {
  readonly rules: readonly PlacedRule[];
  readonly otherwise?: RuleType | undefined;
  /** `otherwise` is the resource's own decision or its root's own type, and so speaks of all purposes (S8.3). */
  readonly speaksOfAll: boolean;
  readonly period?: FhirPeriod | undefined;
}

/** A rule, and the element that it was read from. */
export interface Placed {
  readonly path: string;
  readonly criteria: Criteria;
  readonly exceptions: readonly Placed[];
}
export type PlacedRule = Placed & { readonly type: RuleType };

export const toRule = ({ type, ...placed }: PlacedRule): Rule => ({ type, ...toException(placed) });

const toException = ({ criteria, exceptions }: Placed): Exception =>
  exceptions.length === 0 ? criteria : { ...criteria, exceptions: exceptions.map(toException) };

const HRESCH: Coding = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' };

/**
 * The purposes that the consent is about (SEMANTICS S8.3): those of its rules where each names some; of a consent
 * to research HRESCH, and with it what its rules name besides, so that no rule is left unheard.
 */
export const purposeOf = ({ rules, speaksOfAll }: Terms, research: boolean): Coding[] | undefined => {
  const limited = !speaksOfAll && rules.every((rule) => rule.criteria.purpose !== undefined);
  if (limited) return distinct(rules.flatMap((rule) => rule.criteria.purpose ?? []));
  return research ? distinct([HRESCH, ...rules.flatMap(purposesWithin)]) : undefined;
};

const purposesWithin = ({ criteria, exceptions }: Placed): Coding[] => [
  ...(criteria.purpose ?? []),
  ...exceptions.flatMap(purposesWithin),
];

const distinct = (codings: readonly Coding[]): Coding[] => [
  ...new Map(codings.map((coding) => [JSON.stringify([coding.system, coding.code]), coding])).values(),
];

const elements = new Map([
  ['label', 'securityLabel'],
  ['purpose', 'purpose'],
  ['period', 'period'],
  ['dataPeriod', 'dataPeriod'],
]);

/**
 * The element that a member of the grant was read from, by the JSON pointer of the member:
 * `/rules/0/exceptions/1/label/0` as `Consent.provision.provision[1].securityLabel[0]`.
 *
 * @param root what the members beside the rules were read from
 */
export const elementOf = (rules: readonly PlacedRule[], root: string, pointer: string): string => {
  let path = root;
  let level: readonly Placed[] = rules;
  for (const [, index] of pointer.matchAll(/\/(?:rules|exceptions)\/(\d+)/g)) {
    const placed = level[Number(index)];
    if (placed === undefined) return path;
    path = placed.path;
    level = placed.exceptions;
  }
  const [, member = '', place] = /\/([A-Za-z]+)(?:\/(\d+))?$/.exec(pointer) ?? [];
  const element = elements.get(member);
  if (element === undefined) return path;
  // The consent's own purposes are gathered from its rules: their places are not those of elements.
  const isPlaced = place !== undefined && pointer.startsWith('/rules');
  return `${path}.${element}${isPlaced ? `[${place}]` : ''}`;
};
