import type { RuleType } from '../../schemas/provision.ts';
import { type Asked, purposeMet } from './oracle-criteria.ts';
import {
  certainPaths,
  type Judged,
  judgeRules,
  lostPaths,
  outcomeOf,
  type Path,
  pathsOf,
  reached,
} from './oracle-rules.ts';
import { type Known, signedLater } from './oracle-standing.ts';
import { localDay } from './oracle-time.ts';
import type { Kleene } from './oracle-trees.ts';

/** What one consent in force says of one item. */
export interface Voice {
  readonly consent: Known;
  /** By its rules (S3.4); undefined where they have no outcome. */
  readonly byRule: RuleType | undefined;
  /** What it says of all that its rules do not speak of (S3.5); undefined where they speak, or it says nothing. */
  readonly otherwise: RuleType | undefined;
  /** Whether the question's purpose is one that it is about, for certain. */
  readonly about: Kleene;
  readonly paths: readonly Path[];
  readonly certain: readonly Path[];
  readonly lost: readonly Path[];
  readonly reached: readonly Judged[];
}

/** S3, S3.4, S3.5 */
const voiceOf = (consent: Known, asked: Asked): Voice => {
  const { purpose, rules = [], otherwise } = consent.grant;
  const about = purpose === undefined ? 'met' : purposeMet(purpose, asked);
  const judged = about === 'not met' ? [] : judgeRules(rules, asked, about === 'unknown');
  const outcomes = judged.map(outcomeOf);
  const byRule = outcomes.includes('deny') ? 'deny' : outcomes.includes('permit') ? 'permit' : undefined;
  const counts = about === 'met' || (about === 'unknown' && otherwise === 'deny');
  return {
    consent,
    byRule,
    otherwise: byRule === undefined && counts ? otherwise : undefined,
    about,
    paths: judged.filter((rule) => outcomeOf(rule) === byRule).flatMap(pathsOf),
    certain: judged.flatMap(certainPaths),
    lost: judged.flatMap(lostPaths),
    reached: judged.flatMap(reached),
  };
};

/** S7.1: of the consents of one overlay form only those that began on the latest day among those that speak by rule. */
export const heardOf = (voices: readonly Voice[], timeZone: string): readonly Voice[] =>
  voices.filter((voice) => {
    const { form } = voice.consent.grant;
    if (form?.combining !== 'overlay') return true;
    const spoken = voices.filter(
      (other) =>
        other.consent.grant.form?.combining === 'overlay' &&
        other.consent.grant.form.formId === form.formId &&
        other.byRule !== undefined,
    );
    if (spoken.length === 0) return true;
    const latest = localDay(Math.max(...spoken.map((other) => other.consent.begins)), timeZone);
    return voice.byRule !== undefined && localDay(voice.consent.begins, timeZone) === latest;
  });

/** S7.1: the consents in force that speak for the purpose. */
export const speakers = (standing: readonly Known[], asked: Asked): readonly Voice[] =>
  standing.map((consent) => voiceOf(consent, asked)).filter((voice) => voice.about !== 'not met');

/** S7.1: a list signed after a blanket permit limits it; lists of who may are read together. */
export const holds = (permit: Voice, heard: readonly Voice[]): boolean =>
  permit.consent.grant.otherwise === 'deny' ||
  !heard.some(
    (other) =>
      signedLater(other.consent, permit.consent) && other.byRule === undefined && other.otherwise === 'deny',
  );

/** S7.1 and the bias: what a later consent of its overlay form would be denied if its lost permit were known. */
export const withheld = (
  permit: Voice,
  heard: readonly Voice[],
  voices: readonly Voice[],
  timeZone: string,
) => {
  const { form } = permit.consent.grant;
  if (form?.combining !== 'overlay') return false;
  const day = localDay(permit.consent.begins, timeZone);
  const overlaying = voices.filter(
    ({ consent }) =>
      consent.grant.form?.combining === 'overlay' &&
      consent.grant.form.formId === form.formId &&
      localDay(consent.begins, timeZone) > day,
  );
  return overlaying.some((later) => later.lost.length > 0 && !holds(later, heard));
};

/** How the consents that are heard decide together, and the voices that decided; S7.1. */
export interface Combined {
  readonly by: 'rule' | 'otherwise' | 'nothing';
  readonly decision: RuleType | undefined;
  readonly voices: readonly Voice[];
}

/** S7.1: by rules, else by `otherwise`, else not at all; deny before permit. */
export const combine = (heard: readonly Voice[], voices: readonly Voice[], timeZone: string): Combined => {
  const say = (by: Combined['by'], decision: RuleType, voices: readonly Voice[]) => ({
    by,
    decision,
    voices,
  });
  const denials = heard.filter((voice) => voice.byRule === 'deny');
  if (denials.length > 0) return say('rule', 'deny', denials);
  const permits = heard.filter(
    (voice) => voice.byRule === 'permit' && holds(voice, heard) && !withheld(voice, heard, voices, timeZone),
  );
  if (permits.length > 0) return say('rule', 'permit', permits);
  const refusals = heard.filter((voice) => voice.otherwise === 'deny');
  if (refusals.length > 0) return say('otherwise', 'deny', refusals);
  const consents = heard.filter((voice) => voice.otherwise === 'permit');
  if (consents.length > 0) return say('otherwise', 'permit', consents);
  return { by: 'nothing', decision: undefined, voices: [] };
};
