import { setTimeout as pause } from 'node:timers/promises';
import type { EventDefinition } from '../../schemas/events/define.ts';
import { type ReportIssued, reportIssued } from '../../schemas/events/report-issued.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { uuidOf } from '../record/ids.ts';
import { openEnvelope, sealEvent } from '../record/sealing.ts';
import { reportStream, reportSystem } from '../record/streams.ts';
import { openPayload } from '../record/upcast.ts';
import { type EventStore, type LocalLog, noStream } from '../store/port.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';

export interface ReportLogParts {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: Pick<LocalLog, 'streamSlice' | 'pending'>;
  readonly keyring: Pick<Keyring, 'admit'>;
  readonly definitions: readonly EventDefinition[];
}

const page = 500;
const maxAttempts = 16;
const firstPauseMs = 20;
/** Earlier reports to which a new one proves that the log has only grown. */
const mostEarlier = 100;

/** The reports that were issued: one sealed stream a tenant. */
export class ReportLog {
  readonly #parts: ReportLogParts;

  constructor(parts: ReportLogParts) {
    this.#parts = parts;
  }

  /** Sizes of the checkpoints of the last reports, ascending, each once. */
  async checkpointSizes(tenant: string): Promise<number[]> {
    const issued = [...this.#issued(await this.#key(tenant))].map(({ report }) => report.checkpointSize);
    return [...new Set(issued)].slice(-mostEarlier).sort((a, b) => a - b);
  }

  /**
   * Records that a report is issued; once, however often it is asked. Failures: `store-full`, `store-unavailable`,
   * `write-contention`, `outcome-unknown`.
   */
  async issue(tenant: string, report: ReportIssued): Promise<Result<void>> {
    const { store, log, definitions } = this.#parts;
    const key = await this.#key(tenant);
    const stream = reportStream(key.subject);
    const draft = { id: uuidOf(`issued ${report.exportId}`), type: reportIssued.type, payload: report };
    let unknown = false;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      await log.pending(stream);
      let last = noStream;
      for (const { id, revision } of this.#issued(key)) {
        if (id === draft.id) return ok(undefined);
        last = revision;
      }
      const event = sealEvent(draft, { tenant, stream, revision: last + 1 }, key, definitions);
      const outcome = await store.append(stream, [event], last);
      if (outcome.outcome === 'refused') return fail(outcome.code, outcome.detail);
      unknown = outcome.outcome === 'unknown';
      // Also where it was appended the log is read again: the event is to be in the log of this machine.
      if (outcome.outcome !== 'appended') await pause(firstPauseMs * 2 ** Math.min(attempt, 6));
    }
    return unknown
      ? fail('outcome-unknown', 'whether the report was recorded is not known')
      : fail('write-contention', 'other writers were faster each time');
  }

  #key(tenant: string): Promise<SubjectKey> {
    return this.#parts.keyring.admit(tenant, { system: reportSystem, value: tenant });
  }

  *#issued(key: SubjectKey): Generator<{ id: string; revision: number; report: ReportIssued }> {
    const { log, definitions } = this.#parts;
    for (let from = 0; ; from += page) {
      const events = log.streamSlice(reportStream(key.subject), from, page);
      for (const event of events) {
        const { payload } = openEnvelope(event, key);
        const { schemaVersion } = event.metadata;
        const report = openPayload(definitions, event.type, schemaVersion, payload) as ReportIssued;
        yield { id: event.id, revision: event.revision, report };
      }
      if (events.length < page) return;
    }
  }
}
