import type { z } from 'zod';
import type { Action } from '../../schemas/coding.ts';
import type { outcome, Reason } from '../../schemas/decision.ts';
import type { exportKinds } from '../../schemas/export/package.ts';
import type { RuleType } from '../../schemas/provision.ts';

/** A rule as the words that its criteria come to; an empty list sets no limit (SEMANTICS S4). */
export interface RuleWords {
  readonly type: RuleType;
  readonly recipients: readonly string[];
  readonly actions: readonly Action[];
  readonly purposes: readonly string[];
  readonly classes: readonly string[];
  readonly codes: readonly string[];
  readonly labels: readonly string[];
  readonly references: readonly string[];
  readonly authors: readonly string[];
  readonly custodians: readonly string[];
  readonly obligations: readonly string[];
  readonly dataPeriod: Ends;
  readonly period: Ends;
}

/** Both ends as they are shown; an end that is missing is open. */
export interface Ends {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

export type Outcome = z.infer<typeof outcome>;

/** All that a report says in one language. A file of this shape beside the others is a further language. */
export interface Wording {
  /** BCP 47. */
  readonly language: string;
  /** What stands between thousands. */
  readonly thousands: string;
  readonly kinds: Readonly<Record<(typeof exportKinds)[number], { title: string; about: string }>>;
  readonly page: { of(number: string): string; export(id: string): string };
  readonly subject: string;
  /** What a screen reader calls the field of the signature. */
  readonly signature: string;

  readonly asked: {
    readonly heading: string;
    readonly tenant: string;
    readonly by: string;
    readonly at: string;
    readonly ground: string;
    readonly noGround: string;
    readonly cohort: string;
    readonly identifiers: (asked: string) => string;
    readonly form: (formId: string) => string;
    readonly all: string;
    readonly period: string;
    readonly wholePeriod: string;
    readonly periodOf: (ends: Ends) => string;
    readonly periodNote: string;
  };
  readonly numbers: {
    readonly heading: string;
    readonly patients: string;
    readonly unknown: string;
    readonly erased: string;
    readonly events: string;
    readonly decisions: string;
    readonly notOpened: (events: string, decisions: string) => string;
  };
  readonly charts: {
    readonly inForce: string;
    readonly inForceAlt: (from: string, first: string, until: string, last: string, most: string) => string;
    readonly inForceNone: string;
    readonly outcomes: string;
    readonly outcomesAlt: (counts: string) => string;
    readonly outcomesNone: string;
  };
  readonly checkpoint: {
    readonly heading: string;
    readonly about: string;
    readonly origin: string;
    readonly size: string;
    readonly root: string;
    readonly heads: string;
    readonly recorded: string;
    readonly signers: string;
    readonly attachment: string;
    readonly drawnBy: string;
    readonly rendering: (version: number) => string;
    readonly fingerprint: (sha256: string) => string;
  };
  readonly check: {
    readonly heading: string;
    readonly about: string;
    readonly ours: string;
    readonly theirs: string;
  };
  readonly reading: { readonly heading: string; readonly lines: readonly string[] };
  readonly limits: { readonly heading: string; readonly lines: readonly string[] };

  readonly patients: {
    readonly heading: string;
    readonly range: (first: string, last: string) => string;
    readonly one: (number: string, name: string) => string;
    readonly subject: (subject: string) => string;
    readonly known: (events: string, decisions: string) => string;
    readonly unknown: string;
    readonly erased: (events: string, decisions: string) => string;
    readonly events: string;
    readonly decisions: string;
    readonly outside: string;
    readonly gone: string;
  };
  /** Reports about erasures: the register of them (`kinds.erasures`) and the certificate of one. */
  readonly erasure: {
    readonly certificate: { readonly title: string; readonly about: string };
    readonly all: string;
    readonly one: (erasureId: string) => string;
    readonly periodNote: string;
    readonly heading: string;
    readonly nothing: string;
    readonly request: string;
    readonly article: string;
    readonly articleOf: (article: string) => string;
    readonly received: string;
    readonly receivedAt: (at: string, dueAt: string) => string;
    readonly requestedBy: string;
    readonly approvedBy: string;
    readonly officer: (subject: string, issuer: string) => string;
    readonly approved: string;
    readonly destroyed: string;
    readonly destroyedWhat: (exports: string) => string;
    readonly closed: string;
    readonly unreadable: string;
    readonly unreadableSince: (at: string) => string;
    readonly irrecoverable: string;
    readonly irrecoverableOnce: (epoch: string, retired: boolean) => string;
    readonly irrecoverableSince: (at: string, epoch: string) => string;
    readonly irrecoverableNot: string;
    readonly recipients: string;
    readonly recipientsTold: (all: string, told: string) => string;
    readonly suppressed: string;
    readonly suppressedOn: (article: string) => string;
    readonly remains: string;
    readonly remainsOf: (events: string, what: string) => string;
    readonly residual: Readonly<Record<string, string>>;
    readonly limits: readonly string[];
  };
  readonly times: {
    readonly recorded: string;
    readonly signed: string;
    readonly effective: string;
    readonly ended: string;
    readonly asked: string;
    readonly validAt: string;
    readonly knownAt: string;
  };
  readonly event: {
    readonly titles: Readonly<Record<string, string>>;
    readonly refusal: string;
    readonly unreadable: (path: string) => string;
    readonly inForce: (ends: Ends) => string;
    readonly retroactive: string;
    readonly otherwise: Readonly<Record<RuleType, string>>;
    readonly except: string;
    readonly consent: (id: string) => string;
    readonly erasure: (id: string) => string;
    readonly form: (formId: string, version: string) => string;
    readonly replaces: (ids: string) => string;
    readonly purposes: (purposes: string) => string;
    readonly grantor: (references: string) => string;
    readonly representative: (reference: string, authority: string | undefined) => string;
    readonly witness: (references: string) => string;
    readonly document: (contentType: string, sha256: string) => string;
    readonly fhir: (release: string, resourceKey: string) => string;
    readonly reason: (reason: string) => string;
    readonly correctedBy: (consentId: string) => string;
    readonly restriction: (id: string) => string;
    readonly emergency: (recipient: string, ends: Ends) => string;
    readonly recordedBy: (subject: string, organisation: string | undefined, issuer: string) => string;
  };
  /** Which data a rule names by a reference (FHIR consent-data-meaning). */
  readonly named: Readonly<
    Record<'instance' | 'related' | 'dependents' | 'authoredby', (reference: string) => string>
  >;
  /** Recipients by role alone, as a rule names them. */
  readonly holders: (role: string) => string;
  readonly rule: (words: RuleWords) => string;
  readonly decision: {
    readonly outcomes: Readonly<Record<Outcome, string>>;
    readonly mixed: string;
    readonly reasons: Readonly<Record<Reason, string>>;
    readonly question: (who: string, action: Action, purpose: string, items: number) => string;
    readonly memberOf: (references: string) => string;
    readonly roles: (roles: string) => string;
    readonly custodian: (reference: string) => string;
    readonly verdict: (items: number, outcome: Outcome, reason: string) => string;
    readonly basis: (grounds: string) => string;
    readonly ground: (name: string, rules: string) => string;
    readonly otherwise: string;
    readonly obligations: (obligations: string) => string;
    readonly missing: (attributes: string) => string;
    readonly review: string;
    readonly askedBy: (subject: string, organisation: string | undefined, issuer: string) => string;
    readonly id: (decisionId: string) => string;
  };
  readonly proof: {
    readonly event: (index: string, revision: string, line: string) => string;
    readonly decision: (index: string, entry: string, line: string) => string;
  };
  /** Codes of the shipped vocabularies whose display HL7 gives in English alone; the others keep HL7's. */
  readonly codes: Readonly<Record<string, string>>;
}
