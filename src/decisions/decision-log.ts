import { setTimeout as sleep } from 'node:timers/promises';
import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { decisionStream } from '../record/streams.ts';
import { type AppendOutcome, type EventStore, type NewEvent, noStream } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { entriesRoot } from './entries-tree.ts';
import { type CommittedEntry, sealEntry } from './entry.ts';

/** Answers about one subject that wait to be logged together. */
interface Waiting {
  readonly tenant: string;
  readonly subjectKey: SubjectKey;
  readonly entries: readonly CommittedEntry[];
  readonly correlationId: string | undefined;
  settle(result: Result<void>): void;
}

/** Of one event; an export shows a patient's entries with proofs of a length that grows with the logarithm of it. */
const maxEntries = 500;
const maxAttempts = 6;
const firstPauseMs = 20;

/**
 * The log of the answers of one node, its stream `decisions-<nodeId>`. Whenever it is idle it writes all that
 * waits, so that many answers share one write; there is no timer.
 */
export class DecisionLog {
  readonly #store: Pick<EventStore, 'append'>;
  readonly #stream: string;
  readonly #uuid: () => string;
  readonly #waiting: Waiting[] = [];
  /** The first write is answered with the revision that the stream really stands at, and is then made again. */
  #revision = noStream;
  #writing = false;

  constructor(store: Pick<EventStore, 'append'>, nodeId: string, uuid: () => string) {
    this.#store = store;
    this.#stream = decisionStream(nodeId);
    this.#uuid = uuid;
  }

  /** Settles once the answers are durable, or cannot be written; in doubt it is a failure. */
  record(
    tenant: string,
    subjectKey: SubjectKey,
    entries: readonly CommittedEntry[],
    correlationId?: string,
  ): Promise<Result<void>> {
    return new Promise((settle) => {
      this.#waiting.push({ tenant, subjectKey, entries, correlationId, settle });
      if (this.#writing) return;
      this.#writing = true;
      // After this turn of the loop: the requests that came in together go out together.
      setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      const result = await this.#write(batch).catch(() => fail('internal', 'The answer could not be logged'));
      for (const { settle } of batch) settle(result);
    }
    this.#writing = false;
  }

  /** What waits, up to about `maxEntries`. */
  #take(): Waiting[] {
    let entries = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && entries + waiting.entries.length > maxEntries) break;
      entries += waiting.entries.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(batch: readonly Waiting[]): Promise<Result<void>> {
    let expected = this.#revision;
    let events = this.#seal(batch, expected);
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#store.append(this.#stream, events, expected);
      if (result.outcome === 'appended') {
        this.#revision = result.revision;
        return ok(undefined);
      }
      if (result.outcome === 'refused' || attempt === maxAttempts) return failureOf(result);
      if (result.outcome === 'conflict') {
        // Nothing of it was written. The seals bind revision, so they are made anew.
        expected = result.revision;
        events = this.#seal(batch, expected);
      } else {
        // It may have been written: the same ids at the same place, and it cannot be written twice.
        await sleep(firstPauseMs * 2 ** attempt);
      }
    }
  }

  /** One event for each tenant, since an event belongs to one. */
  #seal(batch: readonly Waiting[], expected: number): NewEvent[] {
    const byTenant = Map.groupBy(batch, ({ tenant }) => tenant);
    return [...byTenant].map(([tenant, waiting], at) => this.#event(tenant, waiting, expected + 1 + at));
  }

  #event(tenant: string, waiting: readonly Waiting[], revision: number): NewEvent {
    const place = { tenant, stream: this.#stream, revision };
    const entries = waiting.flatMap(({ subjectKey, entries }) =>
      entries.map((entry) => sealEntry(entry, subjectKey, place)),
    );
    const commitment = entriesRoot(entries.map((entry) => entry.commitment));
    const correlationId = waiting.length === 1 ? waiting[0]?.correlationId : undefined;
    return {
      id: this.#uuid(),
      type: decisionsRecorded.type,
      metadata: {
        schemaVersion: decisionsRecorded.versions.length,
        tenant,
        commitment,
        ...(correlationId !== undefined && { correlationId }),
      },
      data: Buffer.from(JSON.stringify({ entries }), 'utf8'),
    };
  }
}

const failureOf = (result: Exclude<AppendOutcome, { outcome: 'appended' }>): Result<never> => {
  if (result.outcome === 'refused')
    return fail(result.code, 'The answer could not be logged, so it is not given');
  if (result.outcome === 'conflict')
    return fail('write-contention', 'Another writer has the log of this node');
  return fail('outcome-unknown', 'Whether the answer was logged is not known, so it is not given');
};
