import { z } from 'zod';
import { coding, identifier, reference, uuid } from '../coding.ts';
import { sourceDocument, unreadable } from '../events/consent-granted.ts';
import { dateTime, instant, period } from '../instant.ts';
import { rule, ruleType } from '../provision.ts';
import { cursor, position, revision, written } from './common.ts';
import { formId, version } from './forms.ts';
import { route } from './route.ts';

const consentId = uuid.describe('Random id of a consent');
const params = z.strictObject({ consentId });
const text = (max: number) => z.string().min(1).max(max);

const formReference = z.strictObject({ formId, version });

/** What a consent says (SEMANTICS S2, S3). Partial dates are read in the time zone of the ledger. */
const terms = {
  signedAt: dateTime.describe('Orders consents (S1.4)'),
  period: period.optional().describe('When the consent holds'),
  retroactive: z.literal(true).optional().describe('It begins at its period, though signed later (S2.1)'),
  purpose: z.array(coding).min(1).optional().describe('The purposes it is about; absent: all'),
  otherwise: ruleType.optional().describe('What holds of all that its rules do not speak of (S3.5)'),
  rules: z.array(rule).min(1).optional(),
  replaces: z.array(uuid).min(1).max(1000).optional(),
  grantor: z.array(reference).min(1).max(100).optional(),
  representative: z.strictObject({ reference, authority: text(500).optional() }).optional(),
  witness: z.array(reference).min(1).max(100).optional(),
  source: sourceDocument.optional().describe('The document that was signed'),
};
const saysSomething = (grant: { rules?: unknown; otherwise?: unknown }) =>
  grant.rules !== undefined || grant.otherwise !== undefined;
const saysNothing = 'a consent needs rules or otherwise (S3)';

const grantShape = {
  consentId: consentId.optional().describe('Chosen by the caller; absent: chosen by the ledger'),
  ...terms,
  form: formReference.optional().describe('The published version of the form that was shown'),
};

export const grantBody = z
  .strictObject({ patient: identifier, ...grantShape })
  .refine(saysSomething, saysNothing)
  .meta({ id: 'Grant' });
export type GrantBody = z.infer<typeof grantBody>;

export const revocationBody = z
  .strictObject({
    patient: identifier,
    effectiveAt: dateTime.optional().describe('Absent: when it is recorded (S2.2)'),
    reason: text(2000).optional(),
  })
  .meta({ id: 'Revocation' });

export const invalidationBody = z
  .strictObject({ patient: identifier, reason: text(2000) })
  .meta({ id: 'Invalidation' });

export const correctionBody = z
  .strictObject({
    patient: identifier,
    reason: text(2000),
    grant: z.strictObject(grantShape).refine(saysSomething, saysNothing),
  })
  .meta({ id: 'Correction' });

const writtenConsent = z.strictObject({ consentId, ...written.shape }).meta({ id: 'WrittenConsent' });

/** How a consent stands at the moment asked about, by what was known then (SEMANTICS S2). */
export const standing = z.enum([
  'in-force',
  'not-yet-valid',
  'expired',
  'revoked',
  'replaced',
  'invalidated',
  'never-began',
]);

const consent = z
  .strictObject({
    consentId,
    standing,
    ...terms,
    signedAt: instant,
    unreadable: unreadable.optional().describe('A document that stands but could not be understood (S2.7)'),
    form: z
      .strictObject({
        formId: z.string(),
        version: z.string(),
        combining: z.enum(['independent', 'replacing', 'overlay']),
        textSha256: z.string(),
      })
      .optional(),
    revision,
    recordedAt: instant,
    revocations: z.array(z.strictObject({ effectiveAt: instant, recordedAt: instant })),
    invalidatedAt: instant.optional().describe('When it was recorded as entered in error'),
    expiryRecordedAt: instant.optional(),
  })
  .meta({ id: 'Consent' });

const patientConsents = z
  .strictObject({ validAt: instant, knownAt: instant, revision, consents: z.array(consent) })
  .meta({ id: 'PatientConsents' });

const historyEvent = z
  .strictObject({
    revision,
    id: uuid,
    type: z.string().describe('Event type; the registry of event schemas says what its payload holds'),
    recordedAt: instant,
    payload: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'HistoryEvent' });

export const status = z.enum(['active', 'unreadable', 'replaced', 'expired', 'revoked', 'invalidated']);

const searchQuery = z.strictObject({
  formId: formId.optional(),
  formVersion: version.optional(),
  status: status.optional(),
  endsFrom: instant.optional().describe('Its end is at or after'),
  endsUntil: instant.optional().describe('Its end is before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: cursor.optional(),
  position: position.optional(),
});

const foundConsent = z
  .strictObject({
    consentId,
    status,
    formId: z.string().optional(),
    formVersion: z.string().optional(),
    signedAt: instant,
    endsAt: instant.optional().describe('The first moment after its period'),
  })
  .meta({ id: 'FoundConsent' });

const commandFailures = [
  'revision-mismatch',
  'write-contention',
  'outcome-unknown',
  'idempotency-key-reused',
] as const;
const grantFailures = [
  ...commandFailures,
  'consent-exists',
  'consent-unknown',
  'consent-empty',
  'retroactive-without-start',
  'form-unknown',
  'label-system-unknown',
  'purpose-system-unknown',
  'rule-limit',
] as const;

export const consentRoutes = {
  grantConsent: route({
    method: 'post',
    path: '/consents',
    tag: 'consents',
    summary: 'Record a consent that a patient gave or refused',
    access: 'record-consent',
    body: grantBody,
    status: 201,
    response: writtenConsent,
    writes: true,
    failures: grantFailures,
  }),
  revokeConsent: route({
    method: 'post',
    path: '/consents/{consentId}/revocations',
    tag: 'consents',
    summary: 'Record that a consent was withdrawn; what was lawful before stays so',
    access: 'record-consent',
    params,
    body: revocationBody,
    status: 201,
    response: writtenConsent,
    writes: true,
    failures: [...commandFailures, 'patient-unknown', 'consent-unknown', 'revocation-before-signing'],
  }),
  invalidateConsent: route({
    method: 'post',
    path: '/consents/{consentId}/invalidations',
    tag: 'consents',
    summary: 'Record that a consent was entered in error: from now on it never was',
    access: 'record-consent',
    params,
    body: invalidationBody,
    status: 201,
    response: writtenConsent,
    writes: true,
    failures: [...commandFailures, 'patient-unknown', 'consent-unknown', 'consent-already-invalidated'],
  }),
  correctConsent: route({
    method: 'post',
    path: '/consents/{consentId}/corrections',
    tag: 'consents',
    summary: 'Invalidate a consent and record, in one step, the one that stands in its place',
    access: 'record-consent',
    params,
    body: correctionBody,
    status: 201,
    response: writtenConsent,
    writes: true,
    failures: [...grantFailures, 'patient-unknown', 'consent-already-invalidated'],
  }),
  searchConsents: route({
    method: 'get',
    path: '/consents',
    tag: 'consents',
    summary: 'Find consents of the tenant by form, status and end: random ids, codes and times only',
    access: 'search-consents',
    query: searchQuery,
    status: 200,
    response: z
      .strictObject({ items: z.array(foundConsent), next: cursor.optional() })
      .meta({ id: 'FoundConsents' }),
    failures: ['position-pending', 'store-behind'],
  }),
  patientConsents: route({
    method: 'post',
    path: '/patients/consents',
    tag: 'patients',
    summary: 'The consents of a patient, as they stood at a moment by what was known then',
    access: 'read-consents',
    body: z.strictObject({
      patient: identifier,
      validAt: dateTime.optional().describe('The moment asked about; absent: now'),
      knownAt: dateTime.optional().describe('What had been recorded by then; absent: now'),
      position: position.optional(),
    }),
    status: 200,
    response: patientConsents,
    failures: ['patient-unknown', 'position-pending', 'store-behind'],
  }),
  patientHistory: route({
    method: 'post',
    path: '/patients/history',
    tag: 'patients',
    summary: 'Every event of a patient, oldest first',
    access: 'read-consents',
    body: z.strictObject({
      patient: identifier,
      from: z.int().min(0).default(0).describe('First revision of the page'),
      limit: z.int().min(1).max(500).default(100),
      position: position.optional(),
    }),
    status: 200,
    response: z
      .strictObject({
        events: z.array(historyEvent),
        next: z.int().optional().describe('`from` of the next page'),
      })
      .meta({ id: 'History' }),
    failures: ['patient-unknown', 'position-pending', 'store-behind'],
  }),
};
