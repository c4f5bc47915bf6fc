import type { ConsentExpired } from '../../schemas/events/consent-expired.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { ConsentInvalidated } from '../../schemas/events/consent-invalidated.ts';
import type { ConsentRevoked } from '../../schemas/events/consent-revoked.ts';
import type { EmergencyAccessDeclared } from '../../schemas/events/emergency-access-declared.ts';
import type { RestrictionLifted } from '../../schemas/events/restriction-lifted.ts';
import type { RestrictionPlaced } from '../../schemas/events/restriction-placed.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { Policy } from './policy.ts';
import { purposeFailure, settlePeriod, settleRules } from './rules.ts';
import { standings } from './standing.ts';
import type { ConsentEntry, PatientEvent, PatientRecord } from './state.ts';
import { dateTimeSpan, instantOf, isoOf } from './time.ts';

type Of<Event> = Event extends PatientEvent ? Pick<Event, 'type' | 'payload'> : never;
/** A fact that a command led to, before it is recorded. */
export type Decided = Of<PatientEvent>;

/** A grant as it is asked for: dates may be partial (FHIR dateTime and Period), in the time zone of the ledger. */
export type GrantCommand = ConsentGranted;
/** `effectiveAt` may be a partial date. */
export type RevokeCommand = ConsentRevoked;
export type InvalidateCommand = Omit<ConsentInvalidated, 'correctedBy'>;
/** `grant` stands in the place of `consentId`; where it names none itself, it replaces what that one replaced. */
export type CorrectCommand = InvalidateCommand & { readonly grant: GrantCommand };
/** `from` and `until` may be partial dates: their first moment. `now`: of the declaration. */
export type DeclareEmergencyCommand = EmergencyAccessDeclared & { readonly now: Millis };

/**
 * Grants a consent (S2, S3).
 *
 * @returns `consent-exists`, `consent-empty`, `consent-unknown` (of one that it replaces),
 * `retroactive-without-start`, and what `settleRules` refuses
 */
export function grant(
  record: PatientRecord,
  command: GrantCommand,
  policy: Policy,
): Result<readonly Decided[]> {
  if (entryOf(record, command.consentId)) {
    return fail('consent-exists', 'a consent is granted once (S2.6)', '/consentId');
  }
  const speaks = command.rules !== undefined || command.otherwise !== undefined;
  if (!speaks && !command.unreadable) {
    return fail('consent-empty', 'a consent holds rules or says what holds otherwise (S3)', '/rules');
  }
  if (speaks && command.unreadable) {
    return fail('invalid-request', 'an unreadable consent has no rules (S2.7)', '/unreadable');
  }
  const stray = command.replaces?.findIndex((consentId) => !entryOf(record, consentId)) ?? -1;
  if (stray >= 0) {
    return fail('consent-unknown', 'what it replaces was never granted (S2.6)', `/replaces/${stray}`);
  }
  if (command.retroactive && command.period?.start === undefined) {
    return fail('retroactive-without-start', 'it needs the start of its period (S2.1)', '/retroactive');
  }
  const payload = settleGrant(command, policy);
  return payload.ok ? ok([{ type: 'ConsentGranted', payload: payload.value }]) : payload;
}

/**
 * Withdraws a consent (S2.2). A partial date means its first moment, or that of signing on the day of signing.
 *
 * @returns `consent-unknown`, `revocation-before-signing`
 */
export function revoke(
  record: PatientRecord,
  command: RevokeCommand,
  policy: Policy,
): Result<readonly Decided[]> {
  const entry = entryOf(record, command.consentId);
  if (!entry) return unknownConsent;
  if (command.effectiveAt === undefined) return ok([{ type: 'ConsentRevoked', payload: command }]);
  const signedAt = Date.parse(entry.grant.signedAt);
  const { from, until } = dateTimeSpan(command.effectiveAt, policy.settings.timeZone);
  if (until <= signedAt) {
    return fail('revocation-before-signing', 'it takes effect before it was signed (S2.2)', '/effectiveAt');
  }
  const effectiveAt = isoOf(Math.max(from, signedAt));
  return ok([{ type: 'ConsentRevoked', payload: { ...command, effectiveAt } }]);
}

/**
 * Declares that a consent was entered in error: it never was (S2.3).
 *
 * @returns `consent-unknown`, `consent-already-invalidated`
 */
export function invalidate(record: PatientRecord, command: InvalidateCommand): Result<readonly Decided[]> {
  const entry = entryOf(record, command.consentId);
  if (!entry) return unknownConsent;
  if (entry.invalidated) {
    return fail('consent-already-invalidated', 'it was invalidated before (S2.6)', '/consentId');
  }
  return ok([{ type: 'ConsentInvalidated', payload: command }]);
}

/** An invalidation and a new grant that names what it replaces (S2.3); fails as these do. */
export function correct(
  record: PatientRecord,
  { grant: corrected, ...command }: CorrectCommand,
  policy: Policy,
): Result<readonly Decided[]> {
  const invalidated = invalidate(record, { ...command });
  if (!invalidated.ok) return invalidated;
  const inherited = corrected.replaces ?? entryOf(record, command.consentId)?.grant.replaces ?? [];
  const replaces = [...new Set([command.consentId, ...inherited])];
  const granted = grant(record, { ...corrected, replaces }, policy);
  if (!granted.ok) {
    const { code, detail, pointer } = granted.error;
    return fail(code, detail, `/grant${pointer ?? ''}`);
  }
  const payload = { ...command, correctedBy: corrected.consentId };
  return ok([{ type: 'ConsentInvalidated', payload }, ...granted.value]);
}

/**
 * Breaks the glass (S6.2); needs no consent, nor any record.
 *
 * @returns `emergency-over` where it ends before it begins, `emergency-too-long` by `breakGlassMaxHours`
 */
export function declareEmergency(
  { now, ...command }: DeclareEmergencyCommand,
  policy: Policy,
): Result<readonly Decided[]> {
  const { timeZone, breakGlassMaxHours } = policy.settings;
  const until = instantOf(command.until, timeZone);
  const from = command.from === undefined ? undefined : instantOf(command.from, timeZone);
  if (until <= Math.max(now, from ?? now)) {
    return fail('emergency-over', 'it ends before it begins (S6.2)', '/until');
  }
  if (until - now > breakGlassMaxHours * 3_600_000) {
    return fail('emergency-too-long', `at most ${breakGlassMaxHours} hours from now (S6.2)`, '/until');
  }
  const times = { until: isoOf(until), ...(from !== undefined && { from: isoOf(from) }) };
  return ok([{ type: 'EmergencyAccessDeclared', payload: { ...command, ...times } }]);
}

/** Notes for people, once, each consent whose period ran out by `now` while it stood (S2.5); never fails. */
export function expire(record: PatientRecord, now: Millis): Result<readonly Decided[]> {
  const over = standings(record.consents).filter(
    ({ entry, ending, ends }) => ending === 'expired' && ends <= now && !entry.expired,
  );
  return ok(
    over.map(({ entry, ends }) => {
      const payload: ConsentExpired = { consentId: entry.grant.consentId, endedAt: isoOf(ends) };
      return { type: 'ConsentExpired', payload };
    }),
  );
}

/** Restricts processing (GDPR Art. 18; S2.8); never fails. */
export function restrict(_record: PatientRecord, placed: RestrictionPlaced): Result<readonly Decided[]> {
  return ok([{ type: 'RestrictionPlaced', payload: placed }]);
}

/**
 * Lifts a restriction.
 *
 * @returns `not-found` where it does not stand
 */
export function liftRestriction(
  record: PatientRecord,
  lifted: RestrictionLifted,
): Result<readonly Decided[]> {
  const stands = record.restrictions?.some(
    (each) => each.restrictionId === lifted.restrictionId && !each.lifted,
  );
  if (!stands) return fail('not-found', 'no such restriction stands (S2.8)');
  return ok([{ type: 'RestrictionLifted', payload: lifted }]);
}

/** Why nothing can be decided on a record that is closed; absent for every other. */
export const refusalOf = (record: PatientRecord): Result<never> | undefined =>
  record.erased && fail('patient-erased', 'the record of this patient is closed and its key destroyed');

const unknownConsent = fail('consent-unknown', 'this consent was never granted (S2.6)', '/consentId');

const entryOf = (record: PatientRecord, consentId: string): ConsentEntry | undefined =>
  record.consents.find((entry) => entry.grant.consentId === consentId);

/** The payload of the event: dates resolved to instants, rules checked. */
function settleGrant(command: GrantCommand, policy: Policy): Result<ConsentGranted> {
  const stray = purposeFailure(command.purpose, '/purpose', policy);
  if (stray) return { ok: false, error: stray };
  for (const member of ['purpose', 'rules'] as const) {
    if (command[member]?.length === 0) {
      return fail('invalid-request', 'an empty list is refused (S3)', `/${member}`);
    }
  }
  const rules = command.rules && settleRules(command.rules, policy);
  if (rules && !rules.ok) return rules;
  const period = command.period && settlePeriod(command.period, '/period', policy);
  if (period && !period.ok) return period;
  return ok({
    ...command,
    signedAt: isoOf(instantOf(command.signedAt, policy.settings.timeZone)),
    ...(period && { period: period.value }),
    ...(rules && { rules: rules.value }),
  });
}
