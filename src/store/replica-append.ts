import type { RemoteClient } from './eventstoredb-client.ts';
import type { AppendOutcome } from './port.ts';
import type { AppendRequest } from './replica-messages.ts';
import type { ReplicaTables } from './replica-tables.ts';

/** Milliseconds for the store's answer, and again for what it says to arrive in the replica. */
export const appendLimitMs = 4_000;

/** Appends that wait until their stream has come so far in the replica. */
export class Arrivals {
  readonly #tables: ReplicaTables;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(tables: ReplicaTables) {
    this.#tables = tables;
  }

  /** Whether a stream stands at `revision` or later in the replica within `limitMs` milliseconds. */
  until(stream: string, revision: number, limitMs: number): Promise<boolean> {
    if (this.#tables.revisionOf(stream) >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(stream) ?? new Set();
      this.#waiting.set(stream, waiting);
      const settle = (arrived: boolean): void => {
        clearTimeout(timer);
        waiting.delete(check);
        if (waiting.size === 0) this.#waiting.delete(stream);
        resolve(arrived);
      };
      const check = (): void => {
        if (this.#tables.revisionOf(stream) >= revision) settle(true);
      };
      const timer = setTimeout(() => settle(false), limitMs);
      waiting.add(check);
    });
  }

  /** To be called after each transaction. */
  grew(streams: readonly string[]): void {
    for (const stream of streams) for (const check of this.#waiting.get(stream) ?? []) check();
  }
}

/**
 * Appends to the store, and answers once the replica shows the outcome: whoever wrote then finds it here, whoever met
 * a conflict finds what was in the way, and revision, position and time are those that every node knows.
 *
 * An append that the store acknowledged, and that has not arrived here in time, is `unknown`: it is durable, and a
 * retry with the same ids will say so.
 */
export const appendThrough = async (
  {
    client,
    tables,
    arrivals,
  }: {
    readonly client: Pick<RemoteClient, 'append'>;
    readonly tables: ReplicaTables;
    readonly arrivals: Arrivals;
  },
  append: AppendRequest,
): Promise<AppendOutcome> => {
  const { stream, events, expectedRevision } = append;
  const standing = shown(tables, append);
  if (standing !== undefined) return standing;
  const answer = await client.append(stream, events, expectedRevision, appendLimitMs);
  if (answer.answer === 'refused')
    return { outcome: 'refused', code: 'store-unavailable', detail: answer.detail };
  // The store lets a write time out that meets the same write under way; what is here by now is known all the same.
  if (answer.answer === 'unknown')
    return shown(tables, append) ?? { outcome: 'unknown', detail: answer.detail };
  const revision = answer.answer === 'written' ? expectedRevision + events.length : answer.revision;
  if (!(await arrivals.until(stream, revision, appendLimitMs)))
    return {
      outcome: 'unknown',
      detail: 'The store has answered, but what it says has not arrived here yet',
    };
  return shown(tables, append) ?? { outcome: 'conflict', revision };
};

/** The outcome of an append, as far as the replica shows it; undefined where it may be written still. */
const shown = (
  tables: ReplicaTables,
  { stream, events, expectedRevision }: AppendRequest,
): AppendOutcome | undefined => {
  const revision = tables.revisionOf(stream);
  if (revision <= expectedRevision) return undefined;
  const stored = tables.eventsAfter(stream, expectedRevision, events.length);
  const last = stored.at(-1);
  if (last === undefined || !events.every(({ id }, n) => id === stored[n]?.id))
    return { outcome: 'conflict', revision };
  return {
    outcome: 'appended',
    revision: expectedRevision + events.length,
    position: String(last.index),
    recordedAt: last.recordedAt,
  };
};
