import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteStore } from '../../src/store/eventstoredb.ts';
import { type EventStore, noStream } from '../../src/store/port.ts';
import { newEvent } from '../contract/event-store.ts';

/** What writers were told, and of which events. */
export class Writers {
  readonly #store: Pick<EventStore, 'append'>;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[];
  readonly streams: readonly string[];
  /** Ids of acknowledged events, by stream, in order. */
  readonly acknowledged = new Map<string, string[]>();
  readonly told = { appended: 0, conflict: 0, refused: 0, unknown: 0 };
  /** Milliseconds of the longest time in which no writer of all had an answer that it was written. */
  longestPause = 0;
  lastWritten = performance.now();

  /** Each writer appends to a stream of its own, one event after the other, and tries an event until it is written. */
  constructor(store: Pick<EventStore, 'append'>, count: number) {
    this.#store = store;
    this.streams = Array.from({ length: count }, () => `test-${randomUUID()}`);
    this.#running = this.streams.map((stream) => this.#write(stream));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #write(stream: string): Promise<void> {
    const ids: string[] = [];
    this.acknowledged.set(stream, ids);
    for (let expected = noStream; !this.#stopping.signal.aborted; expected += 1) {
      const event = newEvent(`event ${expected + 1}`);
      while ((await this.#append(stream, event, expected)) !== 'appended') {
        if (this.#stopping.signal.aborted) return;
        await sleep(50);
      }
      ids.push(event.id);
      await sleep(5);
    }
  }

  async #append(stream: string, event: ReturnType<typeof newEvent>, expected: number): Promise<string> {
    const { outcome } = await this.#store.append(stream, [event], expected);
    this.told[outcome] += 1;
    if (outcome === 'appended') {
      const now = performance.now();
      this.longestPause = Math.max(this.longestPause, now - this.lastWritten);
      this.lastWritten = now;
    }
    return outcome;
  }
}

/** Acknowledged events that are not in the log, and events that are in it more than once. */
export const compareLog = async (
  log: Pick<RemoteStore, 'readStream'>,
  acknowledged: ReadonlyMap<string, readonly string[]>,
): Promise<{ readonly lost: number; readonly doubled: number }> => {
  let lost = 0;
  let doubled = 0;
  for (const [stream, ids] of acknowledged) {
    const stored: string[] = [];
    for await (const { id } of log.readStream(stream)) stored.push(id);
    const distinct = new Set(stored);
    doubled += stored.length - distinct.size;
    lost += ids.filter((id) => !distinct.has(id)).length;
  }
  return { lost, doubled };
};
