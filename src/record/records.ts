import { setTimeout as pause } from 'node:timers/promises';
import type { EventDefinition } from '../../schemas/events/define.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { PatientEvent, PatientRecord } from '../consent/state.ts';
import type { AppendOutcome, EventStore, LocalLog, NewEvent } from '../store/port.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import type { Need } from './loading.ts';
import { RecordReader, type Settled, unreadable } from './reader.ts';
import type { Rows, SealedRow } from './rows.ts';
import { patientStream } from './streams.ts';
import { Turns } from './turns.ts';
import {
  type CommandContext,
  type DecidedFact,
  nothingWritten,
  sealAll,
  type Written,
  writtenBefore,
} from './written.ts';

export interface RecordsOptions {
  readonly store: EventStore;
  readonly log: LocalLog;
  readonly rows: Rows;
  /** Ids of events that no request gave one. */
  readonly uuid: () => string;
  readonly definitions?: readonly EventDefinition[];
  readonly metrics?: Pick<Metrics, 'appended' | 'recordHit' | 'recordRead'>;
  /** How many consents and emergencies the cached records may hold in all, about 2 KiB each. */
  readonly cacheSize?: number;
}

/** What a command decides, from the whole record and now. Pure: it is called again when another writer was faster. */
export type Decide = (record: PatientRecord, now: Millis) => Result<readonly DecidedFact[]>;

/** How often a command is decided anew when writers of other processes meet on one patient. */
const maxConflicts = 16;
/** Milliseconds before each further try of an append whose outcome is unknown. */
const retryPauses = [20, 100, 500];

export const openRecords = (options: RecordsOptions): Records => new Records(options);

/** Patients' records: read from row, tail and cache; written by commands. */
export class Records {
  readonly #store: EventStore;
  readonly #log: LocalLog;
  readonly #definitions: readonly EventDefinition[];
  readonly #uuid: () => string;
  readonly #metrics: Pick<Metrics, 'appended'> | undefined;
  readonly #reader: RecordReader;
  readonly #turns = new Turns();

  /** Use `openRecords`. */
  constructor(options: RecordsOptions) {
    const { store, log, rows, uuid, definitions = eventDefinitions, metrics, cacheSize = 100_000 } = options;
    this.#store = store;
    this.#log = log;
    this.#definitions = definitions;
    this.#uuid = uuid;
    this.#metrics = metrics;
    this.#reader = new RecordReader({ log, rows, definitions }, cacheSize, metrics);
  }

  /**
   * The record, where it is in the cache and nothing was committed to its stream since, nor is about to be. It may be
   * a head (`answers` in settled.ts). `log.settledNow(record.recordedAt)`, called before anything else runs, is the
   * now that belongs to it.
   */
  peek(subject: string): PatientRecord | undefined {
    return this.#reader.peek(subject);
  }

  /** A patient's record as the log has it; empty where there is no event. Failure: `record-unreadable`. */
  async load(tenant: string, key: SubjectKey, need: Need = 'current'): Promise<Result<PatientRecord>> {
    const settled = await this.settled(tenant, key, need);
    return settled.ok ? ok(settled.value.record) : settled;
  }

  /** As `load`, with the now that belongs to the record. */
  settled(tenant: string, key: SubjectKey, need: Need = 'current'): Promise<Result<Settled>> {
    return this.#reader.settled(tenant, key, need);
  }

  /** Up to `limit` events of a patient from revision `from` on, opened. Failure: `record-unreadable`. */
  history(tenant: string, key: SubjectKey, from: number, limit: number): Promise<Result<PatientEvent[]>> {
    return this.#reader.history(tenant, key, from, limit);
  }

  /**
   * The row of a patient as it stands now, sealed, to be written by whoever keeps the rows. Where the archive of the
   * row that is there still belongs to it, the head alone is made anew. Failure: `record-unreadable`.
   */
  renewedRow(tenant: string, key: SubjectKey): Promise<Result<SealedRow>> {
    return this.#reader.renewedRow(tenant, key);
  }

  /**
   * Decides on a patient's whole record and appends what was decided. A retry of a request that was carried out is
   * answered with what it wrote then. Failures: those of `decide`; `revision-mismatch`, `idempotency-key-reused`,
   * `write-contention`, `outcome-unknown` (ask again with the same key), `store-full`, `store-unavailable`,
   * `record-unreadable`, `invalid-request` (text that is not well-formed Unicode).
   */
  execute(
    tenant: string,
    key: SubjectKey,
    decide: Decide,
    context: CommandContext,
  ): Promise<Result<Written>> {
    return this.#turns.take(key.subject, async () => {
      try {
        return await this.#execute(tenant, key, decide, context);
      } catch (error) {
        return unreadable(error);
      }
    });
  }

  async #execute(
    tenant: string,
    key: SubjectKey,
    decide: Decide,
    context: CommandContext,
  ): Promise<Result<Written>> {
    const stream = patientStream(key.subject);
    for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
      const settled = await this.settled(tenant, key, 'whole');
      if (!settled.ok) return settled;
      const { record, now } = settled.value;
      const before = writtenBefore(record, this.#log, stream, key, this.#definitions, context);
      if (before !== undefined) return before;
      const { expectedRevision } = context;
      if (expectedRevision !== undefined && expectedRevision !== record.revision)
        return fail('revision-mismatch', `the record stands at revision ${record.revision}`);
      const decided = decide(record, now);
      if (!decided.ok) return decided;
      const facts = decided.value;
      if (facts.length === 0) return ok(nothingWritten(record, this.#log, stream));
      const place = { tenant, stream, revision: record.revision };
      const events = sealAll(facts, place, key, this.#definitions, context, this.#uuid);
      const outcome = await this.#append(stream, events, record.revision);
      if (outcome.outcome === 'refused') return fail(outcome.code, outcome.detail);
      if (outcome.outcome === 'unknown')
        return fail('outcome-unknown', 'it may or may not have been written; ask again with the same key');
      if (outcome.outcome === 'conflict') continue;
      const { revision, position, recordedAt } = outcome;
      const written = facts.map(({ type, payload }, n) => ({
        revision: record.revision + 1 + n,
        id: events[n]!.id,
        type,
        payload,
      }));
      return ok({ revision, position, recordedAt, events: written, replayed: false });
    }
    return fail('write-contention', 'other writers of this record were faster each time; ask again');
  }

  /** An append whose outcome is unknown is tried again with the same events at the same revision: it cannot double. */
  async #append(stream: string, events: readonly NewEvent[], revision: number): Promise<AppendOutcome> {
    for (let tries = 0; ; tries += 1) {
      const begun = performance.now();
      const outcome = await this.#store.append(stream, events, revision);
      this.#metrics?.appended(outcome.outcome, (performance.now() - begun) / 1000);
      const wait = retryPauses[tries];
      if (outcome.outcome !== 'unknown' || wait === undefined) return outcome;
      await pause(wait);
    }
  }
}
