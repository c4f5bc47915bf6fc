import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { emptyRecord, type PatientEvent, type PatientRecord } from '../consent/state.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { LruCache } from '../vault/lru.ts';
import type { Ground } from './command.ts';
import { NotCanonical } from './commitment.ts';
import { EnvelopeBroken } from './envelope.ts';
import { advance, type Base, type Need, openSlice, recordOfRow, type Sources } from './loading.ts';
import { sealHead, sealRow } from './row.ts';
import type { SealedRow } from './rows.ts';
import { splitIsDue } from './settled.ts';
import { patientStream, subjectOfPatientStream } from './streams.ts';
import { UnknownEvent } from './upcast.ts';

/** A record and the moment at which it is all there is: what counts as now for a question (SEMANTICS S1.2). */
export interface Settled extends Ground<PatientRecord> {
  /** See `LocalLog.knownUntil`: the latest knownAt that the record can answer for. */
  readonly known: Millis;
}

interface Cached {
  readonly record: PatientRecord;
  /** No commit to the stream since it was read. */
  fresh: boolean;
}

/** Reads patients' records: row, tail, and a bounded cache that is never older than the log. */
export class RecordReader {
  readonly #sources: Sources;
  readonly #metrics: Pick<Metrics, 'recordHit' | 'recordRead'> | undefined;
  readonly #cache: LruCache<Cached>;

  /** `cacheSize`: how many consents and emergencies the cached records may hold in all, about 2 KiB each. */
  constructor(
    sources: Sources,
    cacheSize: number,
    metrics: Pick<Metrics, 'recordHit' | 'recordRead'> | undefined,
  ) {
    this.#sources = sources;
    this.#metrics = metrics;
    this.#cache = new LruCache(cacheSize);
    sources.log.onCommit((streams) => {
      for (const stream of streams) {
        const cached = this.#cache.peek(subjectOfPatientStream(stream) ?? '');
        if (cached !== undefined) cached.fresh = false;
      }
    });
  }

  /** See `Records.forget`. */
  forget(subject: string): void {
    this.#cache.delete(subject);
  }

  /** See `Records.peek`. */
  peek(subject: string): PatientRecord | undefined {
    const cached = this.#cache.get(subject);
    if (!cached?.fresh || this.#sources.log.pending(patientStream(subject)) !== undefined) return undefined;
    this.#metrics?.recordHit();
    return cached.record;
  }

  /** See `Records.settled`. */
  async settled(tenant: string, key: SubjectKey, need: Need): Promise<Result<Settled>> {
    try {
      return ok(await this.#settled(tenant, key, need));
    } catch (error) {
      return unreadable(error);
    }
  }

  /** See `Records.history`. */
  async history(
    tenant: string,
    key: SubjectKey,
    from: number,
    limit: number,
  ): Promise<Result<PatientEvent[]>> {
    try {
      const { record } = await this.#settled(tenant, key, 'current');
      if (record.erased) return ok([]);
      return ok(openSlice(this.#sources, tenant, key, from, limit));
    } catch (error) {
      return unreadable(error);
    }
  }

  /** See `Records.renewedRow`. */
  async renewedRow(tenant: string, key: SubjectKey): Promise<Result<SealedRow>> {
    try {
      const row = this.#sources.rows.get(key.subject);
      if (row?.archivedAt !== undefined) {
        const base = recordOfRow(this.#sources, tenant, key, 'current');
        const head = base && advance(this.#sources, tenant, key, base);
        if (head?.done && !splitIsDue(head.record))
          return ok({ row: sealHead(head.record, row.archivedAt, tenant, key) });
      }
      const { record } = await this.#settled(tenant, key, 'whole');
      return ok(sealRow(record, tenant, key));
    } catch (error) {
      return unreadable(error);
    }
  }

  async #settled(tenant: string, key: SubjectKey, need: Need): Promise<Settled> {
    const record = this.peek(key.subject);
    return record !== undefined && suffices(record, need)
      ? this.#settle(record)
      : this.#read(tenant, key, need);
  }

  /**
   * Reads what is newer than the cached record, or the row and what is newer. The last stride and the now that goes
   * with it are taken in one turn of the event loop, with nothing pending: so the record is all there is.
   */
  async #read(tenant: string, key: SubjectKey, need: Need): Promise<Settled> {
    const begun = performance.now();
    const cached = this.#cache.get(key.subject)?.record;
    const base =
      cached !== undefined && suffices(cached, need)
        ? { record: cached }
        : recordOfRow(this.#sources, tenant, key, need);
    let reached: Base = base ?? { record: emptyRecord };
    for (;;) {
      const pending = this.#sources.log.pending(patientStream(key.subject));
      if (pending !== undefined) {
        await pending;
        reached = { record: reached.record };
        continue;
      }
      const step = advance(this.#sources, tenant, key, reached);
      if (step === undefined) return this.#read(tenant, key, 'whole');
      reached = { record: step.record };
      if (step.done) break;
      await nextTurn();
    }
    const { record } = reached;
    const weight = 1 + record.consents.length + record.emergencies.length;
    this.#cache.set(key.subject, { record, fresh: true }, weight);
    const seconds = (performance.now() - begun) / 1000;
    const tail = record.revision - (base?.record ?? emptyRecord).revision;
    this.#metrics?.recordRead(base === undefined ? 'stream' : 'row', seconds, tail);
    return this.#settle(record);
  }

  #settle(record: PatientRecord): Settled {
    const last = record.revision < 0 ? undefined : record.recordedAt;
    const now = this.#sources.log.settledNow(last);
    return { record, now, known: this.#sources.log.knownUntil(last, now) };
  }
}

const suffices = (record: PatientRecord, need: Need): boolean =>
  need === 'current' || record.settledBefore === undefined;

/** The failure that an error of opening or sealing stands for; any other error goes on. */
export const unreadable = (error: unknown): Result<never> => {
  if (error instanceof EnvelopeBroken || error instanceof UnknownEvent)
    return fail('record-unreadable', error.message);
  if (error instanceof NotCanonical) return fail('invalid-request', error.message);
  throw error;
};
