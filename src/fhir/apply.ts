import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Agent } from '../../schemas/events/define.ts';
import type { Millis } from '../../schemas/instant.ts';
import { type Failure, fail, ok, type Result } from '../../schemas/result.ts';
import { type Decided, type GrantCommand, grant, invalidate, revoke } from '../consent/decide.ts';
import type { Policy } from '../consent/policy.ts';
import { standings } from '../consent/standing.ts';
import type { ConsentEntry, PatientRecord } from '../consent/state.ts';
import { isoOf, spanOf } from '../consent/time.ts';
import type { Effective, Granting } from './consent.ts';
import type { Refusal } from './refusal.ts';
import { elementOf } from './terms.ts';

/** With what a reading is applied. */
export interface Applying {
  readonly policy: Policy;
  readonly agent: Agent;
  readonly now: Millis;
  /** What is refused is only reported (S8.6). */
  readonly reportOnly: boolean;
  /** The published form that the terms name. */
  readonly form?: ConsentGranted['form'];
  /** The id of a consent, by a name that the record of a patient never holds twice. */
  readonly consentIdOf: (name: string) => string;
}

type Events = Result<readonly Decided[]>;

/**
 * What a reading adds to the record of its patient (SEMANTICS S8.5, S8.6).
 *
 * @returns where refusals are only reported, the refusal: its element path is the pointer
 */
export const applyReading = (record: PatientRecord, reading: Effective, applying: Applying): Events => {
  const { policy, agent, now } = applying;
  const { resourceKey, contentSha256 } = reading.source;
  const granted = record.consents.filter((entry) => entry.grant.resourceKey === resourceKey);
  const standing = granted.filter((entry) => entry.invalidated === undefined);
  if (reading.kind === 'revoke') return revokeAll(record, standing, applying);
  if (reading.kind === 'invalidate') return invalidateAll(record, standing, applying);

  const last = granted.at(-1)?.grant;
  const isSame = last?.contentSha256 === contentSha256;
  if (isSame && last.unreadable === undefined) return ok([]);
  const consentId = applying.consentIdOf(`${resourceKey}\n${contentSha256}\n${granted.length}`);
  let refused: Refusal & { readonly signedAt?: string };
  if (reading.kind === 'grant') {
    const anew = grantAnew(record, reading, standing, consentId, applying);
    if (anew.ok) return anew;
    refused = { ...refusalOfGrant(anew.error, reading), signedAt: reading.terms.signedAt };
    if (applying.reportOnly) return fail(anew.error.code, refused.reason, refused.path);
  } else refused = reading;
  if (isSame) return ok([]);
  const { path, reason, signedAt = isoOf(now) } = refused;
  const fhir = reading.source;
  return grant(record, { consentId, signedAt, unreadable: { path, reason }, fhir, agent }, policy);
};

/**
 * Whether the resource had this very content once, and has another since. Applied, it stands again; but it may as
 * well be an old version that is read once more on the way to the newest.
 */
export const isFormer = (
  record: PatientRecord,
  { resourceKey, contentSha256 }: Effective['source'],
): boolean => {
  const contents = record.consents
    .filter(({ grant }) => grant.resourceKey === resourceKey)
    .map(({ grant }) => grant.contentSha256);
  return contents.at(-1) !== contentSha256 && contents.includes(contentSha256);
};

/** A grant that replaces all that the resource granted before. */
const grantAnew = (
  record: PatientRecord,
  { terms, source }: Granting,
  standing: readonly ConsentEntry[],
  consentId: string,
  applying: Applying,
): Events => {
  const { form: named, ...stated } = terms;
  if (named !== undefined && applying.form === undefined)
    return fail('form-unknown', 'a form of which no version, or more than one, is published', '/form');
  const replaces = standing.map((entry) => entry.grant.consentId);
  const command: GrantCommand = {
    ...stated,
    consentId,
    ...(named && { form: applying.form }),
    ...(replaces.length > 0 && { replaces }),
    fhir: source,
    agent: applying.agent,
  };
  const granted = grant(record, command, applying.policy);
  if (!granted.ok || !granted.value.some(neverBegins)) return granted;
  // What never begins replaces nothing (S2.4), and what the resource no longer says would go on standing.
  const revoked = revokeAll(record, standing, applying);
  return revoked.ok ? ok([...granted.value, ...revoked.value]) : revoked;
};

const neverBegins = ({ type, payload }: Decided): boolean => {
  if (type !== 'ConsentGranted' || payload.retroactive) return false;
  const { until = Number.POSITIVE_INFINITY } = spanOf(payload.period ?? {}, 'UTC');
  return until <= Date.parse(payload.signedAt);
};

const refusalOfGrant = ({ detail, pointer = '' }: Failure, { terms, rules, source }: Granting): Refusal => {
  const root = source.release === 'R4' ? 'Consent.provision' : 'Consent';
  const path = pointer === '/form' ? terms.form?.path : undefined;
  return { path: path ?? elementOf(rules, root, pointer), reason: detail };
};

/** Withdraws each that is not withdrawn already, from now on or from its signing if that is later (S2.2). */
const revokeAll = (
  record: PatientRecord,
  entries: readonly ConsentEntry[],
  { policy, agent, now }: Applying,
): Events => {
  const due = entries.filter(({ grant: { signedAt }, revocations }) => {
    const by = Math.max(now, Date.parse(signedAt));
    return !revocations.some(({ effectiveAt }) => effectiveAt <= by);
  });
  return all(due.map(({ grant: { consentId } }) => revoke(record, { consentId, agent }, policy)));
};

const invalidateAll = (
  record: PatientRecord,
  entries: readonly ConsentEntry[],
  { agent }: Applying,
): Events =>
  all(
    entries.map(({ grant: { consentId } }) =>
      invalidate(record, { consentId, reason: 'FHIR status entered-in-error', agent }),
    ),
  );

const all = (decided: readonly Events[]): Events => {
  const events: Decided[] = [];
  for (const one of decided) {
    if (!one.ok) return one;
    events.push(...one.value);
  }
  return ok(events);
};

/** Why the resource, as it is recorded, stands unread at `now` and so turns permits into denials (S2.7). */
export const standingUnread = (
  record: PatientRecord,
  resourceKey: string,
  now: Millis,
): Refusal | undefined =>
  standings(record.consents).find(
    ({ entry, begins, ends }) =>
      entry.grant.unreadable !== undefined &&
      entry.grant.resourceKey === resourceKey &&
      begins <= now &&
      now < ends,
  )?.entry.grant.unreadable;
