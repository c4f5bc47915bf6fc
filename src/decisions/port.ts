import type { Identifier } from '../../schemas/coding.ts';
import type { Answer, Question } from '../../schemas/decision.ts';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { Agent } from '../../schemas/events/define.ts';
import type { Millis, Span } from '../../schemas/instant.ts';
import type { Result } from '../../schemas/result.ts';
import type { Position } from '../store/port.ts';

/** An answer that was given: it stands in the log, under this id. */
export interface Decision {
  readonly decisionId: string;
  readonly askedAt: string;
  readonly answer: Answer;
  /** Hash of the settings that it was given under. */
  readonly settings: string;
}

/** A logged answer and what the same question yields today from the record as it stood then. */
export interface Replay {
  readonly recorded: DecisionEntry;
  readonly replayed: Answer;
  readonly same: boolean;
}

/** One line of an accounting of disclosures: date, who, what, purpose, outcome (45 CFR 164.528(b)(2)). */
export interface Disclosure extends DecisionEntry {
  /** When the answer was durable, and so could be given. The period of an accounting selects by it. */
  readonly recordedAt: Millis;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

export interface Decisions {
  /**
   * Answers questions about one patient (SEMANTICS S1 to S7); each answer is in the log, durably, before it is
   * given. A question whose answer cannot be logged gets a failure, never a permit. Calls that run side by side
   * share one write, so a batch over many patients is as many calls.
   */
  ask(
    agent: Agent,
    tenant: string,
    patient: Identifier,
    questions: readonly Question[],
    options?: AskOptions,
  ): Promise<Result<readonly Decision[]>>;
  /** Asks a logged question again, of the record and the settings that it was answered from. */
  replay(tenant: string, patient: Identifier, decisionId: string): Promise<Result<Replay>>;
  /** Who asked about a patient within a period, oldest first; complete up to the moment of the call. */
  disclosures(
    tenant: string,
    patient: Identifier,
    period: Span,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<Result<Page<Disclosure>>>;
}

export interface AskOptions {
  /** A write that the answer must have seen; waited for, or else the failure is `position-pending`. */
  readonly position?: Position;
  /** W3C trace id, kept in the log's metadata. */
  readonly correlationId?: string;
}
