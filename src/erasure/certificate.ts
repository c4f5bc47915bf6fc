import type { ErasureOfficers, ErasureStatement } from '../../schemas/erasure.ts';
import type { ErasureCertificate } from '../../schemas/http/erasures.ts';
import { isoOf } from '../consent/time.ts';
import { type Erasure, recipientsOf } from './erasure.ts';

/** What stays in the log for good, and says nothing of whom it was about (docs/erasure.md). */
const residual = [
  'random-ids',
  'event-types',
  'event-times',
  'event-sizes',
  'commitments',
  'hashes',
] as const;

/** What the certificate rests on beside the request itself. */
export interface Grounds {
  readonly erasureId: string;
  readonly tenant: string;
  /** PatientErased under a signed checkpoint, and the head of the stream that it ends. */
  readonly proof: ErasureCertificate['proof'];
}

/** What is stated of a request that was executed, and on whose word it was; absent for any other. */
export const statementOf = (
  erasureId: string,
  erasure: Erasure,
): (ErasureStatement & ErasureOfficers) | undefined => {
  const { requested, terms, dueAt, approved, destruction, executed, told } = erasure;
  if (!requested || !terms || !dueAt || !approved || !destruction || !executed) return undefined;
  // Version 1 of ErasureExecuted names none; then it is as it stood before the key was destroyed.
  const epoch = executed.epoch ?? destruction.epoch;
  return {
    erasureId,
    article: `17(1)(${terms.ground})`,
    receivedAt: requested.receivedAt,
    dueAt,
    requestedBy: named(requested.officer),
    approvedBy: named(approved.officer),
    approvedAt: isoOf(approved.recordedAt),
    closedAt: destruction.closedAt,
    unreadableSince: executed.destroyedAt,
    ...(epoch !== undefined && { irrecoverableOnceEpochRetired: epoch }),
    recipients: recipientsOf(erasure).length,
    recipientsTold: told.length,
    exportsRemoved: executed.exportsRemoved,
    ...(approved.suppression && { suppressed: `17(3)(${approved.suppression.ground})` }),
    remains: { what: [...residual], events: destruction.closedRevision + 1 },
  };
};

/** The statement that is signed, of a request that was executed; absent for any other. */
export const certificateOf = (
  erasure: Erasure,
  { erasureId, tenant, proof }: Grounds,
): ErasureCertificate | undefined => {
  const stated = statementOf(erasureId, erasure);
  if (stated === undefined || erasure.requested === undefined) return undefined;
  return { version: 1, tenant, subject: erasure.requested.subject, ...stated, proof };
};

const named = ({ issuer, subject }: { readonly issuer: string; readonly subject: string }) => ({
  issuer,
  subject,
});
