import type { RuleType } from '../../schemas/provision.ts';
import { hearAll, type Notes } from './hear.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
import type { Trail } from './rule.ts';
import { signedLater } from './standing.ts';
import type { LiveConsent } from './view.ts';

/** What a consent says of one item. */
export interface Voice {
  readonly consent: LiveConsent;
  /** By its rules (S3.4); absent where none has an outcome. */
  readonly byRule: RuleType | undefined;
  readonly trails: readonly Trail[];
  /** Whether the unknown took a permit away. */
  readonly lost: boolean;
}

/** What all consents say of one item, and what came up on the way. */
export interface Voices {
  readonly all: readonly Voice[];
  readonly notes: Notes;
}

export function voicesOf(
  consents: readonly LiveConsent[],
  question: ResolvedQuestion,
  item: ResolvedItem,
): Voices {
  const notes: Notes = { obliging: [], lost: [], missing: [] };
  const all = consents.map((consent): Voice => {
    const lostBefore = notes.lost.length;
    const finding = hearAll(consent.rules, question, item, notes);
    const lost = notes.lost.length > lostBefore;
    return { consent, byRule: finding?.outcome, trails: finding?.trails ?? noTrails, lost };
  });
  return { all, notes };
}

const noTrails: readonly Trail[] = [];

/**
 * Those that are heard: among the consents of an overlay form whose rules have an outcome, only what began on the
 * latest day; where none has an outcome, all (S7.1).
 */
export function heardOf(voices: readonly Voice[]): readonly Voice[] {
  if (voices.every(({ consent }) => consent.overlay === undefined)) return voices;
  const latest = new Map<string, number>();
  for (const { consent, byRule } of voices) {
    if (!consent.overlay || !byRule) continue;
    const { formId, day } = consent.overlay;
    latest.set(formId, Math.max(day, latest.get(formId) ?? day));
  }
  return voices.filter(({ consent: { overlay }, byRule }) => {
    const day = overlay && latest.get(overlay.formId);
    return day === undefined || (byRule !== undefined && overlay?.day === day);
  });
}

/** What the heard say together; absent where none speaks (S7.1). */
export interface Chorus {
  readonly decision: RuleType;
  /** By rules, or by what some say otherwise. */
  readonly byRules: boolean;
  /** The voices that gave the decision. */
  readonly leading: readonly Voice[];
}

/** `all`: the voices that the heard were chosen from. */
export function combine(heard: readonly Voice[], all: readonly Voice[]): Chorus | undefined {
  const denying = heard.filter(({ byRule }) => byRule === 'deny');
  if (denying.length > 0) return { decision: 'deny', byRules: true, leading: denying };
  const holding = heard.filter((voice) => permitHolds(voice, heard) && !isWithheld(voice, heard, all));
  if (holding.length > 0) return { decision: 'permit', byRules: true, leading: holding };
  for (const decision of ['deny', 'permit'] as const) {
    const leading = heard.filter(({ consent }) => consent.otherwise === decision);
    if (leading.length > 0) return { decision, byRules: false, leading };
  }
  return undefined;
}

/** Whether it permits, and no consent signed later says otherwise deny and nothing by rule (S7.1). */
const permitHolds = (voice: Voice, heard: readonly Voice[]): boolean =>
  voice.byRule === 'permit' && isUnlimited(voice, heard);

const isUnlimited = ({ consent }: Voice, heard: readonly Voice[]): boolean =>
  !heard.some((other) => !other.byRule && limits(other.consent, consent));

/**
 * Whether a permit that holds is not given because of what is unknown: a later consent of its overlay form has lost
 * a permit that would not hold. Were all known, that one would be heard in its place, and it would be denied; the
 * unknown may refuse, never permit. S7.1 alone does not say so (docs/decisions/0009).
 */
export const isWithheld = (voice: Voice, heard: readonly Voice[], all: readonly Voice[]): boolean => {
  const { overlay } = voice.consent;
  return (
    overlay !== undefined &&
    permitHolds(voice, heard) &&
    all.some(
      (other) =>
        other.lost &&
        other.consent.overlay?.formId === overlay.formId &&
        other.consent.overlay.day > overlay.day &&
        !isUnlimited(other, heard),
    )
  );
};

/** Whether a consent limits the permits of another to what its own rules permit. */
export const limits = (later: LiveConsent, earlier: LiveConsent): boolean =>
  later.otherwise === 'deny' && earlier.otherwise !== 'deny' && signedLater(later.standing, earlier.standing);
