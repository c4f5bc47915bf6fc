import type { Coding } from '../../schemas/coding.ts';
import type { Verdict } from '../../schemas/decision.ts';
import type { Voice } from './combine.ts';
import type { Notes } from './hear.ts';
import type { CompiledRule, Trail } from './rule.ts';
import { unknown } from './truth.ts';

type Ground = Verdict['basis'][number];

/** A verdict; lists that are empty are left out. */
export function verdict(
  { basis, decision, reason }: Pick<Verdict, 'decision' | 'reason' | 'basis'>,
  obligations: readonly Coding[],
  missing: readonly string[],
): Verdict {
  return {
    basis,
    decision,
    ...(missing.length > 0 && { missing: [...missing] }),
    ...(obligations.length > 0 && { obligations: [...obligations] }),
    reason,
  };
}

/** Each consent that was heard, by the rules that gave its outcome, or by what it says otherwise (S7.5). */
export const basisOf = (heard: readonly Voice[]): Ground[] =>
  heard.flatMap(({ consent: { consentId, revision, otherwise }, byRule, trails }): Ground[] => {
    if (byRule) return [{ consentId, revision, rules: trails.map(leafPath) }];
    return otherwise ? [{ consentId, otherwise: true, revision }] : [];
  });

const leafPath = ({ rules }: Trail): string => rules[rules.length - 1]!.path;

/** The attributes that made rules unknown, in order (S7.5). */
export const missingOf = ({ missing }: Notes): readonly string[] => [...new Set(missing)].toSorted();

/** Of a permit: of the permit rules on the trails that gave it, and of all that the unknown left open (S7.4). */
export const permitObligations = (given: readonly Trail[], { lost, obliging }: Notes): readonly Coding[] =>
  obligationsOf([
    ...[...given, ...lost].flatMap(({ rules }) => rules),
    ...obliging.filter(({ truth }) => truth === unknown).map(({ rule }) => rule),
  ]);

/** Of every permit rule met or unknown (S7.4, break-glass). */
export const allObligations = ({ obliging }: Notes): readonly Coding[] =>
  obligationsOf(obliging.map(({ rule }) => rule));

/** Without doubles, in order of code. */
function obligationsOf(rules: readonly CompiledRule[]): readonly Coding[] {
  const byOrder = new Map<string, Coding>();
  for (const { obligations } of rules) {
    for (const { system, code } of obligations) byOrder.set(`${code}\n${system}`, { system, code });
  }
  return [...byOrder].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, obligation]) => obligation);
}
