import { checkpointSigned } from './checkpoint-signed.ts';
import { consentExpired } from './consent-expired.ts';
import { consentGranted } from './consent-granted.ts';
import { consentInvalidated } from './consent-invalidated.ts';
import { consentRevoked } from './consent-revoked.ts';
import { decisionsRecorded } from './decisions-recorded.ts';
import type { EventDefinition } from './define.ts';
import { destructionBegun } from './destruction-begun.ts';
import { emergencyAccessDeclared } from './emergency-access-declared.ts';
import { erasureAmended } from './erasure-amended.ts';
import { erasureApproved } from './erasure-approved.ts';
import { erasureExecuted } from './erasure-executed.ts';
import { erasureExtended } from './erasure-extended.ts';
import { erasureRejected } from './erasure-rejected.ts';
import { erasureRequested } from './erasure-requested.ts';
import { formPublished } from './form-published.ts';
import { legalHoldLifted } from './legal-hold-lifted.ts';
import { legalHoldPlaced } from './legal-hold-placed.ts';
import { patientErased } from './patient-erased.ts';
import { recipientTold } from './recipient-told.ts';
import { recipientsListed } from './recipients-listed.ts';
import { reportIssued } from './report-issued.ts';
import { restrictionLifted } from './restriction-lifted.ts';
import { restrictionPlaced } from './restriction-placed.ts';
import { settingsAdopted } from './settings-adopted.ts';
import { suppressionKept } from './suppression-kept.ts';

/** Every event type of the ledger. Nothing else is written, and nothing else is read (an unknown type stops). */
export const eventDefinitions: readonly EventDefinition[] = [
  consentGranted,
  consentRevoked,
  consentExpired,
  consentInvalidated,
  emergencyAccessDeclared,
  restrictionPlaced,
  restrictionLifted,
  patientErased,
  formPublished,
  settingsAdopted,
  decisionsRecorded,
  checkpointSigned,
  reportIssued,
  erasureRequested,
  erasureAmended,
  erasureExtended,
  legalHoldPlaced,
  legalHoldLifted,
  erasureApproved,
  erasureRejected,
  recipientsListed,
  destructionBegun,
  erasureExecuted,
  recipientTold,
  suppressionKept,
];
