import type { Millis } from '../../schemas/instant.ts';
import type { RecordLog } from '../record/loading.ts';
import type { IndexedEvent, RecordedEvent } from '../store/port.ts';

/** The log as another thread reads it, through a connection of its own (src/store/log-reader.ts). */
export interface LogReader {
  streamSlice(stream: string, from: number, limit?: number): RecordedEvent[];
  slice(after: number, limit: number): IndexedEvent[];
  head(): number;
  /** The tenant of a stream; undefined where there is no such stream. */
  tenantOf(stream: string): string | undefined;
  /** Which versions of which types the events after index `after` up to `until` have. */
  versions(
    after: number,
    until: number,
  ): readonly { readonly type: string; readonly schemaVersion: number }[];
  /** The events of these types after index `after` up to `until`, in log order. */
  ofTypes(types: readonly string[], after: number, until: number): IndexedEvent[];
  /** Up to `limit` streams after number `after`, oldest first; the first has number 1, and none is left out. */
  streams(after: number, limit: number): readonly { readonly number: number; readonly stream: string }[];
  streamCount(): number;
}

/**
 * What records are read from in a thread that writes no event: nothing is pending there, and no question is asked
 * there, so that its now is the last event's.
 */
export class ThreadLog implements RecordLog {
  readonly #reader: LogReader;
  readonly #listeners: ((streams: readonly string[]) => void)[] = [];

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  streamSlice(stream: string, from: number, limit?: number): RecordedEvent[] {
    return this.#reader.streamSlice(stream, from, limit);
  }

  pending(): undefined {
    return undefined;
  }

  settledNow(lastRecordedAt: Millis | undefined): Millis {
    return lastRecordedAt ?? 0;
  }

  knownUntil(_lastRecordedAt: Millis | undefined, now: Millis): Millis {
    return now;
  }

  onCommit(listener: (streams: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Lets whoever keeps records know that these events are there. */
  grown(events: readonly RecordedEvent[]): void {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    for (const listener of this.#listeners) listener(streams);
  }
}
