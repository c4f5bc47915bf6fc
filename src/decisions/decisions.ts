import type { Identifier } from '../../schemas/coding.ts';
import type { Answer, Question } from '../../schemas/decision.ts';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { Agent, EventDefinition } from '../../schemas/events/define.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Span } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { evaluate } from '../consent/evaluate.ts';
import type { Policy } from '../consent/policy.ts';
import { type ResolvedQuestion, resolveQuestion } from '../consent/question.ts';
import { isoOf } from '../consent/time.ts';
import type { Projections } from '../projections/port.ts';
import { NotCanonical } from '../record/commitment.ts';
import type { Records } from '../record/records.ts';
import { answers } from '../record/settled.ts';
import { type EventStore, heardWithin, type LocalLog } from '../store/port.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';
import { VaultUnavailable } from '../vault/port.ts';
import { Accounting } from './accounting.ts';
import { decisionIdAt } from './decision-id.ts';
import { DecisionLog } from './decision-log.ts';
import { commitEntry } from './entry.ts';
import { type Ground, Grounds } from './ground.ts';
import type { AskOptions, Decision, Decisions } from './port.ts';
import { replayEntry } from './replay.ts';
import { adoptSettings } from './settings-log.ts';

export interface DecisionParts {
  readonly records: Records;
  readonly keyring: Keyring;
  readonly log: LocalLog;
  readonly store: Pick<EventStore, 'append'>;
  readonly policy: Policy;
  readonly projections: Pick<Projections, 'disclosures' | 'caughtUp' | 'arrived'>;
  /** Random, of this data folder: names the stream that its answers are logged in. */
  readonly nodeId: string;
  readonly uuid: () => string;
  /** How long a question waits for the position that it names, and an accounting for the index of disclosures. */
  readonly positionWaitMs?: number;
  readonly metrics?: Pick<Metrics, 'decided'>;
  readonly definitions?: readonly EventDefinition[];
  /** False gives answers that are in no log: to measure what the log costs, and for nothing else. */
  readonly durable?: boolean;
  /** How far behind the truth the log may be for an answer to be drawn from it. */
  readonly maxStalenessMs?: number;
}

const defaultWaitMs = 2_000;

/** Opens the decisions of this node; records first under which settings they will be given. */
export const openDecisions = async (parts: DecisionParts): Promise<Result<Decisions>> => {
  const adopted = await adoptSettings(parts);
  return adopted.ok ? ok(new LedgerDecisions(parts)) : adopted;
};

class LedgerDecisions implements Decisions {
  readonly #parts: DecisionParts;
  readonly #decisionLog: DecisionLog | undefined;
  readonly #accounting: Accounting;
  readonly #grounds: Grounds;
  readonly #waitMs: number;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
    this.#grounds = new Grounds(parts);
    this.#waitMs = parts.positionWaitMs ?? defaultWaitMs;
    const { store, nodeId, uuid, durable = true, log, projections, definitions = eventDefinitions } = parts;
    this.#decisionLog = durable ? new DecisionLog(store, nodeId, uuid) : undefined;
    this.#accounting = new Accounting(log, projections, definitions, this.#waitMs);
  }

  ask(
    agent: Agent,
    tenant: string,
    patient: Identifier,
    questions: readonly Question[],
    options: AskOptions = {},
  ): Promise<Result<readonly Decision[]>> {
    // Where everything is at hand nothing is awaited but the log.
    const atHand = options.position === undefined ? this.#grounds.peek(tenant, patient) : undefined;
    return atHand === undefined
      ? this.#askCold(agent, tenant, patient, questions, options)
      : this.#answer(agent, tenant, atHand, questions, options);
  }

  async #askCold(
    agent: Agent,
    tenant: string,
    patient: Identifier,
    questions: readonly Question[],
    options: AskOptions,
  ): Promise<Result<readonly Decision[]>> {
    const { projections } = this.#parts;
    if (options.position !== undefined && !(await projections.arrived(options.position, this.#waitMs)))
      return fail('position-pending', 'The write that this question names has not arrived here yet');
    return this.#guarded(async () => {
      const ground = await this.#grounds.find(tenant, patient);
      return ground.ok ? this.#answer(agent, tenant, ground.value, questions, options) : ground;
    });
  }

  #answer(
    agent: Agent,
    tenant: string,
    { subjectKey, record, now, known }: Ground,
    questions: readonly Question[],
    options: AskOptions,
  ): Promise<Result<readonly Decision[]>> {
    const { policy } = this.#parts;
    const heard = this.#heard();
    if (!heard.ok) return Promise.resolve(heard);
    const resolved: ResolvedQuestion[] = [];
    for (const question of questions) {
      const result = resolveQuestion(question, policy, now, known);
      if (!result.ok) return Promise.resolve(result);
      resolved.push(result.value);
    }
    if (record && !resolved.every(({ validAt, knownAt }) => answers(record, validAt, knownAt)))
      return this.#answerFromWhole(agent, tenant, subjectKey, questions, options);
    const askedAt = isoOf(now);
    const asker = agentOf(agent);
    // In the order of RFC 8785.
    const entries = resolved.map((question, at) => ({
      agent: asker,
      answer: evaluate(record, question, policy),
      askedAt,
      decisionId: decisionIdAt(now, this.#parts.uuid()),
      question: questions[at]!,
      settings: policy.hash,
    }));
    return this.#logged(tenant, subjectKey, entries, options);
  }

  async #answerFromWhole(
    agent: Agent,
    tenant: string,
    subjectKey: SubjectKey,
    questions: readonly Question[],
    options: AskOptions,
  ): Promise<Result<readonly Decision[]>> {
    const whole = await this.#grounds.settled(tenant, subjectKey, 'whole');
    return whole.ok ? this.#answer(agent, tenant, whole.value, questions, options) : whole;
  }

  async #logged(
    tenant: string,
    subjectKey: SubjectKey,
    entries: readonly DecisionEntry[],
    { correlationId }: AskOptions,
  ): Promise<Result<readonly Decision[]>> {
    if (this.#decisionLog !== undefined) {
      const committed = commitAll(entries);
      if (!committed.ok) return committed;
      const written = await this.#decisionLog.record(tenant, subjectKey, committed.value, correlationId);
      if (!written.ok) return written;
    }
    for (const { answer } of entries) this.#count(answer);
    return ok(
      entries.map(({ decisionId, askedAt, answer, settings }) => ({ decisionId, askedAt, answer, settings })),
    );
  }

  #count(answer: Answer): void {
    for (const { decision, reason } of answer.items) this.#parts.metrics?.decided(decision, reason);
  }

  replay(tenant: string, patient: Identifier, decisionId: string): ReturnType<Decisions['replay']> {
    return this.#guarded(async () => {
      const heard = this.#heard();
      if (!heard.ok) return heard;
      const subjectKey = await this.#parts.keyring.find(tenant, patient);
      for (const holder of [subjectKey, await this.#grounds.tenantKey(tenant)]) {
        if (holder === undefined) continue;
        const found = await this.#accounting.find(holder, decisionId);
        if (!found.ok) return found;
        if (found.value !== undefined) return replayEntry(this.#parts, tenant, holder, found.value);
      }
      return fail('not-found', 'There is no answer of this id about this patient');
    });
  }

  disclosures(
    tenant: string,
    patient: Identifier,
    period: Span,
    page: { readonly limit: number; readonly cursor?: string },
  ): ReturnType<Decisions['disclosures']> {
    return this.#guarded(async () => {
      const heard = this.#heard();
      if (!heard.ok) return heard;
      const subjectKey = await this.#parts.keyring.find(tenant, patient);
      if (subjectKey === undefined) return fail('patient-unknown', 'Nothing is recorded of this patient');
      return this.#accounting.page(subjectKey, period, page);
    });
  }

  #heard(): Result<void> {
    const { log, maxStalenessMs = Number.POSITIVE_INFINITY } = this.#parts;
    return heardWithin(log, maxStalenessMs);
  }

  async #guarded<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof VaultUnavailable) return fail('vault-unavailable', 'The keys cannot be reached');
      throw error;
    }
  }
}

/** Of a principal what stands in the log. */
const agentOf = ({ issuer, subject, organisation }: Agent): Agent =>
  organisation === undefined ? { issuer, subject } : { issuer, organisation, subject };

const commitAll = (entries: readonly DecisionEntry[]) => {
  try {
    return ok(entries.map(commitEntry));
  } catch (error) {
    if (error instanceof NotCanonical)
      return fail('invalid-request', 'The question is not valid Unicode text');
    throw error;
  }
};
