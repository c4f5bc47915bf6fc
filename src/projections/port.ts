import type { Millis, Span } from '../../schemas/instant.ts';
import type { Result } from '../../schemas/result.ts';
import type { FormEnd, RetentionPeriods } from '../consent/retention.ts';
import type { Rows } from '../record/rows.ts';
import type { Position } from '../store/port.ts';

/** What was recorded of a consent; whether it is in force at a moment is for the evaluator to say. */
export const consentStatuses = [
  'active',
  'unreadable',
  'replaced',
  'expired',
  'revoked',
  'invalidated',
] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

/** A consent as the search knows it: random ids, codes and times, nothing of a person. */
export interface ConsentRow {
  readonly consentId: string;
  readonly subject: string;
  readonly tenant: string;
  readonly formId?: string;
  readonly formVersion?: string;
  readonly status: ConsentStatus;
  readonly signedAt: Millis;
  /** The first moment after its period; absent where that is open. */
  readonly endsAt?: Millis;
}

/** Criteria are joined by "and"; an absent one sets no limit. */
export interface ConsentSearch {
  readonly formId?: string;
  readonly formVersion?: string;
  readonly status?: ConsentStatus;
  /** `from <= endsAt < until`. Where one is given, results come in order of `endsAt`. */
  readonly endsFrom?: Millis;
  readonly endsUntil?: Millis;
  readonly limit: number;
  /** From a former answer; it stays good whatever is written in between. */
  readonly cursor?: string;
}

export interface ConsentPage {
  readonly items: readonly ConsentRow[];
  readonly next?: string;
}

/** A record whose retention is over; which patient's it is, whoever recorded its consents knows by their ids. */
export interface RetentionRow {
  readonly overSince: Millis;
  readonly forms: readonly FormEnd[];
  /** At most a hundred of them. */
  readonly consentIds: readonly string[];
}

export interface RetentionSearch {
  readonly now: Millis;
  readonly periods: RetentionPeriods;
  /** Subjects that are left out. */
  readonly except: ReadonlySet<string>;
  readonly limit: number;
  /** From a former answer; it stays good whatever is written in between. */
  readonly cursor?: string;
}

/** It may have fewer items than its limit, none even, while there is a `next`: a search looks at so many rows only. */
export interface RetentionPage {
  readonly items: readonly RetentionRow[];
  readonly next?: string;
}

/** Where a logged answer about a subject stands: in which event of the log, as which of its entries. */
export interface DisclosureRef {
  readonly index: number;
  readonly entry: number;
  readonly recordedAt: Millis;
}

/** How a read model stands. One that has `stopped` met what it may not skip, and waits for newer code. */
export interface ModelStatus {
  readonly name: string;
  readonly version: number;
  readonly state: 'running' | 'rebuilding' | 'stopped';
  readonly reason?: string;
  /** Log index up to which it has counted every event, and how many it has not yet. */
  readonly checkpoint: number;
  readonly lag: number;
}

export interface RebuildProgress {
  readonly subjects: number;
  readonly events: number;
  /** Share of the work that is done, 0 to 1. */
  readonly share: number;
}

export interface RebuildOptions {
  /** Worker threads, each with a share of the subjects; default 2. */
  readonly workers?: number;
  readonly onProgress?: (progress: RebuildProgress) => void;
  /** Aborting leaves the models that are in service as they are. */
  readonly signal?: AbortSignal;
}

export interface Projections {
  /** The current-consent read model, for `Records`. */
  readonly rows: Rows;
  status(): readonly ModelStatus[];
  /** False when a model has stopped. */
  ready(): boolean;
  /** Waits until every model has counted what the log held when it was called; false after `timeoutMs`. */
  caughtUp(timeoutMs: number): Promise<boolean>;
  /** Waits until the log here holds a write: enough for what is read from records, which are never behind it. */
  arrived(position: Position, timeoutMs: number): Promise<boolean>;
  /** As `caughtUp`, for all up to the position of a write: for what is read from the models. */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
  searchConsents(tenant: string, search: ConsentSearch): Result<ConsentPage>;
  /** Records whose retention is over, by when the last of their consents ended. */
  searchRetention(tenant: string, search: RetentionSearch): Promise<Result<RetentionPage>>;
  /** Consents whose end has passed at `now` without a ConsentExpired, by subject: the work of the expiry process. */
  endsDue(
    now: Millis,
    after: string | undefined,
    limit: number,
  ): readonly { subject: string; tenant: string }[];
  /** Logged answers about a subject with `from <= recordedAt < until`, in log order, after `after`. */
  disclosures(
    subject: string,
    span: Span,
    after: DisclosureRef | undefined,
    limit: number,
  ): readonly DisclosureRef[];
  /** Builds every read model anew beside the one in service, and swaps it in when it is whole. */
  rebuild(options?: RebuildOptions): Promise<Result<RebuildProgress>>;
  close(): Promise<void>;
}
