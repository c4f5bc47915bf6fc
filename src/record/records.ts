import type { EventDefinition } from '../../schemas/events/define.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { refusalOf } from '../consent/decide.ts';
import type { PatientEvent, PatientRecord } from '../consent/state.ts';
import type { EventStore, LocalLog } from '../store/port.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { carryOut, type Ledger } from './command.ts';
import { type Closed, closeStream } from './erased.ts';
import type { Need } from './loading.ts';
import { RecordReader, type Settled, unreadable } from './reader.ts';
import type { Rows, SealedRow } from './rows.ts';
import { patientStream } from './streams.ts';
import { Turns } from './turns.ts';
import type { CommandContext, DecidedFact, Written } from './written.ts';

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

export const openRecords = (options: RecordsOptions): Records => new Records(options);

/** Patients' records: read from row, tail and cache; written by commands. */
export class Records {
  readonly #ledger: Ledger;
  readonly #reader: RecordReader;
  readonly #turns = new Turns();

  /** Use `openRecords`. */
  constructor(options: RecordsOptions) {
    const { store, log, rows, uuid, definitions = eventDefinitions, metrics, cacheSize = 100_000 } = options;
    this.#ledger = { store, log, definitions, uuid, metrics };
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

  /** To be called when a patient was erased: no copy of the record stays in memory. */
  forget(subject: string): void {
    this.#reader.forget(subject);
  }

  /** Closes the stream of a patient for good (erased.ts). */
  close(tenant: string, subject: string, erasureId: string): Promise<Result<Closed>> {
    return this.#turns.take(subject, () => closeStream(this.#ledger, tenant, subject, erasureId));
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

  /** Up to `limit` events of a patient from revision `from` on, opened; none where it was erased. Failure: `record-unreadable`. */
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
   * Carries out a command on a patient's whole record. Failures: those of `decide` and of `carryOut` (command.ts);
   * `patient-erased`, `record-unreadable`, `invalid-request` (text that is not well-formed Unicode).
   */
  execute(
    tenant: string,
    key: SubjectKey,
    decide: Decide,
    context: CommandContext,
  ): Promise<Result<Written>> {
    const read = () => this.settled(tenant, key, 'whole');
    const target = { tenant, stream: patientStream(key.subject), key, read };
    return this.#turns.take(key.subject, async () => {
      try {
        return await carryOut(
          this.#ledger,
          target,
          (record, now) => refusalOf(record) ?? decide(record, now),
          context,
        );
      } catch (error) {
        return unreadable(error);
      }
    });
  }
}
