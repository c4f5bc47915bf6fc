import type { FailureCode } from '../../schemas/failures.ts';

/** A problem type (RFC 9457): what a failure code means to a caller. */
export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What a caller can do about it. */
  readonly meaning: string;
  /** Seconds after which the same request may be sent again (Retry-After). */
  readonly retryAfter?: number;
}

const type = (status: number, title: string, meaning: string, retryAfter?: number): ProblemType => ({
  status,
  title,
  meaning,
  ...(retryAfter !== undefined && { retryAfter }),
});

/** The one table from failure codes to HTTP. */
export const problemTypes: Readonly<Record<FailureCode, ProblemType>> = {
  'invalid-request': type(
    400,
    'The request is not valid',
    'Each member that breaks a rule is named in `errors`, by where it stands and by the rule; members that are not known are refused.',
  ),
  'patient-unknown': type(
    404,
    'The patient is not known',
    'Nothing is recorded under this identifier in this tenant.',
  ),
  'consent-unknown': type(
    404,
    'The consent is not known',
    'The patient has no consent of this id, so it cannot be revoked, invalidated or replaced (SEMANTICS S2.6).',
  ),
  'consent-exists': type(
    409,
    'The consent exists',
    'A consent id is granted once (SEMANTICS S2.6). Choose another, or none.',
  ),
  'consent-already-invalidated': type(
    409,
    'The consent was invalidated before',
    'A consent is invalidated once (SEMANTICS S2.6).',
  ),
  'consent-empty': type(422, 'The consent says nothing', 'It needs rules or `otherwise` (SEMANTICS S3).'),
  'patient-erased': type(
    410,
    'The patient is being erased',
    'The record is closed for good, and its key is being destroyed. Nothing was written. Once that is done, the identifier stands for nobody, and a person who comes again is a new patient.',
  ),
  'form-unknown': type(404, 'The form is not known', 'Publish this version of the form first.'),
  'form-version-exists': type(
    409,
    'The version exists',
    'A version of a form is published once; publish another.',
  ),
  'form-combining-differs': type(
    409,
    'The form combines otherwise',
    'How consents under a form stand to each other is one for all of its versions. Publish another form.',
  ),
  'revocation-before-signing': type(
    422,
    'The revocation is too early',
    'A revocation takes effect at or after the signing of its consent (SEMANTICS S2.2).',
  ),
  'retroactive-without-start': type(
    422,
    'Retroactive from when?',
    'A retroactive consent needs the start of its period (SEMANTICS S2.1).',
  ),
  'label-system-unknown': type(
    422,
    'The label system is not known',
    'Labels are of confidentiality, of information sensitivity, or of a system that the operator configured (SEMANTICS S5).',
  ),
  'purpose-system-unknown': type(
    422,
    'The purpose system is not known',
    'Purposes are of v3-ActReason or of a system that the operator configured (SEMANTICS S6.1).',
  ),
  'rule-limit': type(
    422,
    'Too many rules',
    'A consent holds at most 10,000 rules, to a depth of 32 (SEMANTICS S3).',
  ),
  'emergency-too-long': type(
    422,
    'The emergency is too long',
    'How far off `until` may be is bounded by the operator (SEMANTICS S6.2).',
  ),
  'emergency-over': type(
    422,
    'The emergency is over',
    '`until` lies in the past, or before `from` (SEMANTICS S6.2).',
  ),
  'export-not-ready': type(
    409,
    'The export is not ready',
    'Its document is still being made: look at its progress, or follow its events.',
    5,
  ),
  'export-over': type(409, 'The export is over', 'What is finished, or has failed, cannot be cancelled.'),
  'export-gone': type(
    410,
    'The document is gone',
    'The export failed, was cancelled, its time is over, or a patient in it was erased. Ask for a new one.',
  ),
  'erasure-unknown': type(
    404,
    'The request for erasure is not known',
    'This tenant has no request of this id, or its own retention is over and it was forgotten too.',
  ),
  'erasure-decided': type(
    409,
    'The request was decided',
    'It was approved, rejected or executed before; what it says and what holds it back can no longer change.',
  ),
  'erasure-extended': type(
    409,
    'The request was extended before',
    'Two further months may be taken once (GDPR Art. 12(3)).',
  ),
  'erasure-held': type(
    409,
    'A hold stands',
    'An exemption of GDPR Art. 17(3) was claimed. Lift it, with a reason, or reject the request.',
  ),
  'erasure-state': type(409, 'The request has not come that far', 'This is for a later state of it.'),
  'four-eyes': type(
    403,
    'A second person must approve',
    'Who requested or amended it cannot approve it; nor can a token that may be the same person’s.',
  ),
  'suppression-undecided': type(
    409,
    'A refusal would be forgotten',
    'Once the patient is unknown the implicit policy permits what the patient refused. Say what is to be: `suppression`, with its ground in GDPR Art. 17(3), or `forgetRefusals`.',
  ),
  'recorded-since': type(
    409,
    'The patient was heard since',
    'After the request was received the patient consented to something, or had processing restricted. The preview shows what, and the `recordRevision` to approve it by; or reject the request.',
  ),
  'revision-mismatch': type(
    412,
    'The record has changed',
    'If-Match, or the body, names a revision that is not the newest. Read again, then decide again.',
  ),
  'write-contention': type(
    503,
    'Too many writers',
    'Others kept writing to the same record. Nothing was written.',
    1,
  ),
  'idempotency-key-reused': type(
    422,
    'The Idempotency-Key was used before',
    'The same key came with another request. Use a new key for each request, and the same key only to repeat one.',
  ),
  'position-pending': type(
    503,
    'The position is pending',
    'What was written at this position has not been counted here yet. Ask again, or without the position.',
    1,
  ),
  'outcome-unknown': type(
    503,
    'The outcome is not known',
    'The write may or may not have been recorded. Repeat it with the same Idempotency-Key.',
    1,
  ),
  'token-missing': type(
    401,
    'A token is needed',
    'Send `Authorization: Bearer` with an access token (RFC 9068).',
  ),
  'token-invalid': type(401, 'The token is refused', '`detail` names the rule that it breaks.'),
  'scope-missing': type(403, 'The scope is missing', '`detail` names the scope that allows this.'),
  'organisation-mismatch': type(
    403,
    'Not for this organisation',
    'An app asks only for recipients of the organisation in its token, unless it has the scope decisions:ask-any.',
  ),
  'keys-unavailable': type(
    503,
    'The keys of the issuer are unavailable',
    'Tokens of this issuer cannot be verified at present.',
    10,
  ),
  'not-found': type(404, 'Not found', 'There is nothing here.'),
  'method-not-allowed': type(405, 'The method is not allowed', 'The Allow header names those that are.'),
  'media-type-unsupported': type(
    415,
    'The media type is not supported',
    'Send application/json in UTF-8, not compressed.',
  ),
  'body-too-large': type(413, 'The body is too large', 'It has too many bytes, or is nested too deep.'),
  'rate-limited': type(429, 'Too many requests', 'Slow down; the limit is of the principal in the token.', 1),
  'timed-out': type(
    503,
    'It took too long',
    'A read may be repeated. A write may or may not have been recorded: repeat it with the same Idempotency-Key.',
    1,
  ),
  stopping: type(
    503,
    'The service is stopping',
    'Nothing was done. Send it again, to another node or a little later.',
    1,
  ),
  'store-full': type(
    507,
    'The store is full',
    'Nothing was written. Reads go on; writes work again when there is space.',
  ),
  'store-unavailable': type(503, 'The store is unavailable', 'Nothing was written.', 1),
  'store-behind': type(
    503,
    'The node is behind the store',
    'It is cut off from the store, or lags, and may not have heard of a withdrawal. Ask another node, or later.',
    1,
  ),
  'vault-unavailable': type(
    503,
    'The vault is unavailable',
    'Keys cannot be read at present, so nothing is answered.',
    1,
  ),
  'record-unreadable': type(
    500,
    'The record cannot be read',
    'What is stored does not open or is not understood. Nothing is answered from it; operators are told.',
  ),
  'evidence-diverged': type(
    500,
    'The log is not the one that was signed',
    'What a signed checkpoint says does not follow from the log of this node. Nothing is proven from it; operators are told.',
  ),
  'report-unsigned': type(
    500,
    'The report cannot be signed',
    'There is no key that signs reports, its certificate is not valid now, or the timestamp authority does not answer. Operators see why by `keys check-report-signer`.',
  ),
  internal: type(
    500,
    'Something went wrong',
    'The fault is on this side. Quote the correlationId when asking for help.',
  ),
};
