import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import { spanOf, within } from './oracle-time.ts';

/** A consent as the known events show it: S2 asks nothing else of it. */
export interface Known {
  readonly grant: ConsentGranted;
  readonly revision: number;
  readonly signedAt: Millis;
  readonly period: Required<Span>;
  readonly begins: Millis;
  /** S2.2: of several revocations the earliest holds. */
  readonly revokedAt: Millis;
  readonly invalidated: boolean;
}

/** S2.1: what begins at the later of signedAt and the period's start; at the start itself where `retroactive`. */
const beginningOf = (grant: ConsentGranted, signedAt: Millis, period: Required<Span>): Millis =>
  grant.retroactive && period.from !== -Infinity ? period.from : Math.max(signedAt, period.from);

/** Every consent that the events grant (S2.6: once for each id), with what they say of it. */
export const knownConsents = (known: readonly PatientEvent[], timeZone: string): readonly Known[] =>
  known.flatMap((event) => {
    if (event.type !== 'ConsentGranted') return [];
    const grant = event.payload;
    const signedAt = Date.parse(grant.signedAt);
    const period = spanOf(grant.period, timeZone);
    // S2.2: by default a revocation takes effect when recorded, or when the consent was signed if that is later.
    const revocations = known.flatMap((other) =>
      other.type === 'ConsentRevoked' && other.payload.consentId === grant.consentId
        ? [
            other.payload.effectiveAt === undefined
              ? Math.max(other.recordedAt, signedAt)
              : Date.parse(other.payload.effectiveAt),
          ]
        : [],
    );
    // S2.3: invalidated, it never was. S2.5: ConsentExpired is not even looked at.
    const invalidated = known.some(
      (other) => other.type === 'ConsentInvalidated' && other.payload.consentId === grant.consentId,
    );
    const begins = beginningOf(grant, signedAt, period);
    return [
      {
        grant,
        revision: event.revision,
        signedAt,
        period,
        begins,
        revokedAt: Math.min(Infinity, ...revocations),
        invalidated,
      },
    ];
  });

/** S1.4: signedAt orders consents; ties go to what was recorded later. */
export const signedLater = (a: Known, b: Known): boolean =>
  a.signedAt > b.signedAt || (a.signedAt === b.signedAt && a.revision > b.revision);

/** S2.4: by name, or by a form whose combining is `replacing`, any version, signed earlier. */
const namesOrSupersedes = (newer: Known, older: Known): boolean =>
  newer !== older &&
  ((newer.grant.replaces?.includes(older.grant.consentId) ?? false) ||
    (newer.grant.form?.combining === 'replacing' &&
      newer.grant.form.formId === older.grant.form?.formId &&
      signedLater(newer, older)));

/** S2.4: what is replaced ends when the new one begins, but not before the new one was signed. */
const takesOverAt = (newer: Known): Millis => Math.max(newer.begins, newer.signedAt);

/** S2.4: of two that replace each other at one moment the later recorded stands. */
const yields = (newer: Known, older: Known): boolean =>
  namesOrSupersedes(older, newer) &&
  takesOverAt(older) === takesOverAt(newer) &&
  older.revision > newer.revision;

/** S2.4: those that replace `older`, and themselves once began, or will begin. */
const successors = (older: Known, all: readonly Known[], asking: readonly Known[] = []): readonly Known[] =>
  all.filter(
    (newer) => namesOrSupersedes(newer, older) && !yields(newer, older) && everBegins(newer, all, asking),
  );

/**
 * S2.4: invalidated, or revoked or replaced with effect at or before its beginning, or of an empty period
 * (S2.1): it never began. `asking` holds the consents whose own beginning hangs on this answer.
 */
export const everBegins = (one: Known, all: readonly Known[], asking: readonly Known[] = []): boolean => {
  if (one.invalidated || one.begins >= one.period.until || one.revokedAt <= one.begins) return false;
  const rivals = all.filter((other) => takesOverAt(other) <= one.begins && !asking.includes(other));
  return successors(one, rivals, [...asking, one]).length === 0;
};

/** S2.4: when it was replaced, for good; Infinity where it is not. */
export const replacedAt = (one: Known, all: readonly Known[]): Millis =>
  Math.min(Infinity, ...successors(one, all).map(takesOverAt));

/** S2.1 */
export const inForce = (one: Known, all: readonly Known[], validAt: Millis): boolean =>
  everBegins(one, all) &&
  one.begins <= validAt &&
  within(validAt, one.period) &&
  validAt < one.revokedAt &&
  validAt < replacedAt(one, all);
