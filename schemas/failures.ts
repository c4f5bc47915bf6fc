/**
 * Every failure a caller may meet, by its stable code. A code is never renamed; `src/http/problems.ts` is the
 * one table that maps each to its HTTP status and problem type (RFC 9457).
 */
export const failureCodes = [
  // what was asked
  'invalid-request',
  'patient-unknown',
  'consent-unknown',
  'consent-exists',
  'consent-already-invalidated',
  'consent-empty',
  'patient-erased',
  'form-unknown',
  'form-version-exists',
  'form-combining-differs',
  'revocation-before-signing',
  'retroactive-without-start',
  'label-system-unknown',
  'purpose-system-unknown',
  'rule-limit',
  'emergency-too-long',
  'emergency-over',
  'export-not-ready',
  'export-over',
  'export-gone',
  // erasure
  'erasure-unknown',
  'erasure-decided',
  'erasure-extended',
  'erasure-held',
  'erasure-state',
  'four-eyes',
  'suppression-undecided',
  'recorded-since',
  // concurrency and idempotency
  'revision-mismatch',
  'write-contention',
  'idempotency-key-reused',
  'position-pending',
  'outcome-unknown',
  // who is asking
  'token-missing',
  'token-invalid',
  'scope-missing',
  'organisation-mismatch',
  'keys-unavailable',
  // transport
  'not-found',
  'method-not-allowed',
  'media-type-unsupported',
  'body-too-large',
  'rate-limited',
  'timed-out',
  'stopping',
  // the house
  'store-full',
  'store-unavailable',
  'store-behind',
  'vault-unavailable',
  'record-unreadable',
  'evidence-diverged',
  'report-unsigned',
  'internal',
] as const;

export type FailureCode = (typeof failureCodes)[number];
