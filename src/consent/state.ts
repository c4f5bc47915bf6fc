import type { ConsentExpired } from '../../schemas/events/consent-expired.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { ConsentInvalidated } from '../../schemas/events/consent-invalidated.ts';
import type { ConsentRevoked } from '../../schemas/events/consent-revoked.ts';
import type { EmergencyAccessDeclared } from '../../schemas/events/emergency-access-declared.ts';
import type { PatientErased } from '../../schemas/events/patient-erased.ts';
import type { RestrictionLifted } from '../../schemas/events/restriction-lifted.ts';
import type { RestrictionPlaced } from '../../schemas/events/restriction-placed.ts';
import type { Millis } from '../../schemas/instant.ts';

/** An event of a patient's stream, opened and upcast to its newest version. */
export type PatientEvent = Recorded &
  (
    | { readonly type: 'ConsentGranted'; readonly payload: ConsentGranted }
    | { readonly type: 'ConsentRevoked'; readonly payload: ConsentRevoked }
    | { readonly type: 'ConsentExpired'; readonly payload: ConsentExpired }
    | { readonly type: 'ConsentInvalidated'; readonly payload: ConsentInvalidated }
    | { readonly type: 'EmergencyAccessDeclared'; readonly payload: EmergencyAccessDeclared }
    | { readonly type: 'RestrictionPlaced'; readonly payload: RestrictionPlaced }
    | { readonly type: 'RestrictionLifted'; readonly payload: RestrictionLifted }
    | { readonly type: 'PatientErased'; readonly payload: PatientErased }
  );

/** Where and when a fact was recorded. */
export interface Recorded {
  readonly revision: number;
  readonly recordedAt: Millis;
  /** The id of the event, by which a retried command is known again. */
  readonly id: string;
  /** Keyed to nothing: SHA-256 of the request body, from inside the seal; absent where no request led to it. */
  readonly requestHash?: string | undefined;
}

/** A consent with all that was recorded about it, in both times. */
export interface ConsentEntry {
  readonly grant: Omit<ConsentGranted, 'fhir' | 'agent'> & {
    readonly resourceKey?: string;
    readonly contentSha256?: string;
  };
  readonly revision: number;
  readonly recordedAt: Millis;
  readonly revocations: readonly Effect[];
  readonly invalidated?: At;
  readonly expired?: At;
}

export interface At {
  readonly revision: number;
  readonly recordedAt: Millis;
}

export interface Effect extends At {
  /** When it takes effect; its default is resolved (S2.2). */
  readonly effectiveAt: Millis;
}

export interface Emergency extends At {
  readonly declarationId: string;
  readonly recipient: string;
  /** Resolved: never before it was recorded (S6.2). */
  readonly from: Millis;
  readonly until: Millis;
}

/** A restriction of processing, from when it was recorded until its lifting was (S2.8). */
export interface Restriction extends At {
  readonly restrictionId: string;
  readonly lifted?: At;
}

/** One patient's whole record, folded: the fold of its stream up to `revision`. */
export interface PatientRecord {
  /** -1 for the empty record. */
  readonly revision: number;
  /** Of the last event; 0 for the empty record. */
  readonly recordedAt: Millis;
  readonly consents: readonly ConsentEntry[];
  readonly emergencies: readonly Emergency[];
  /** The requests of the last day, at most 1,000, oldest first: by these a retry is known again. */
  readonly requests: readonly Request[];
  /** Absent where there never was one. */
  readonly restrictions?: readonly Restriction[];
  /** Present once the patient was erased: the record is closed, and holds nothing else but its revision. */
  readonly erased?: At;
  /**
   * Present where settled consents were left out: the record then answers only questions whose validAt and knownAt
   * are both at or after this moment, and no command (src/record/settled.ts). Absent: the record is whole.
   */
  readonly settledBefore?: Millis;
}

export interface Request extends At {
  readonly id: string;
  readonly hash: string;
}

export const emptyRecord: PatientRecord = {
  revision: -1,
  recordedAt: 0,
  consents: [],
  emergencies: [],
  requests: [],
};

/** The record of whom nothing is known but that the answer is to be deny (a suppression entry). */
export const suppressedRecord: PatientRecord = { ...emptyRecord, erased: { revision: -1, recordedAt: 0 } };
