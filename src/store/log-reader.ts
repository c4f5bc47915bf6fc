import Database from 'better-sqlite3';
import type { Metadata } from '../../schemas/events/metadata.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { IndexedEvent, Position } from './port.ts';

type Row = [
  index: number,
  stream: string,
  revision: number,
  recordedAt: number,
  id: string,
  type: string,
  metadata: string,
  data: Buffer,
];

const columns = `e.position, s.name, e.revision, e.recorded_at, e.id, e.type, e.metadata, e.data`;

const eventOf = ([index, stream, revision, recordedAt, id, type, metadata, data]: Row): IndexedEvent => ({
  index,
  position: String(index),
  stream,
  revision,
  recordedAt,
  id,
  type,
  metadata: JSON.parse(metadata) as Metadata,
  data,
});

/** The log index that a position of this store stands for; undefined where it is none of this store's. */
export const indexOf = (position: Position): number | undefined =>
  /^[1-9]\d{0,14}$/.test(position) ? Number(position) : undefined;

/**
 * A read-only connection to the log of the embedded store, for one thread. Several may be open beside the writer;
 * each call is one read transaction of its own, over before it returns, so none holds a checkpoint up.
 */
export class LogReader {
  readonly #db: Database.Database;
  readonly #streamSlice: Database.Statement<[string, number, number], Row>;
  readonly #slice: Database.Statement<[number, number], Row>;
  readonly #named: Database.Statement<[string, string], string>;
  readonly #erasures: Database.Statement<[number], { index: number; stream: string }>;
  readonly #ofTypes: Database.Statement<[string, number, number], Row>;
  readonly #streams: Database.Statement<[number, number], { number: number; stream: string }>;
  readonly #tenantOf: Database.Statement<[string], string>;
  readonly #versions: Database.Statement<[number, number], { type: string; schemaVersion: number }>;
  readonly #streamCount: Database.Statement<[], number>;
  readonly #head: Database.Statement<[], number>;
  readonly #lastRecordedAt: Database.Statement<[], number>;

  /** `file`: the `log.db` of a store that has been opened before. `cacheKib`: what is kept of it; absent: 16 MB. */
  constructor(file: string, cacheKib?: number) {
    this.#db = new Database(file, { readonly: true, fileMustExist: true });
    if (cacheKib !== undefined) this.#db.pragma(`cache_size = -${cacheKib}`);
    this.#streamSlice = this.#db
      .prepare<[string, number, number], Row>(
        `SELECT ${columns} FROM streams s JOIN events e ON e.stream = s.id
         WHERE s.name = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?`,
      )
      .raw();
    this.#slice = this.#db
      .prepare<[number, number], Row>(
        `SELECT ${columns} FROM events e JOIN streams s ON s.id = e.stream
         WHERE e.position > ? ORDER BY e.position LIMIT ?`,
      )
      .raw();
    this.#named = this.#db
      .prepare<[string, string], string>('SELECT name FROM streams WHERE name >= ? AND name < ? ORDER BY id')
      .pluck();
    this.#ofTypes = this.#db
      .prepare<[string, number, number], Row>(
        `SELECT ${columns} FROM events e JOIN streams s ON s.id = e.stream
         WHERE e.type IN (SELECT value FROM json_each(?)) AND e.position > ? AND e.position <= ?
         ORDER BY e.position`,
      )
      .raw();
    this.#erasures = this.#db.prepare(
      `SELECT e.position AS "index", s.name AS stream FROM events e JOIN streams s ON s.id = e.stream
       WHERE e.type = 'PatientErased' AND e.position > ? ORDER BY e.position`,
    );
    this.#streams = this.#db.prepare(
      'SELECT id AS number, name AS stream FROM streams WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#tenantOf = this.#db
      .prepare<[string], string>(
        `SELECT e.metadata ->> '$.tenant' FROM streams s JOIN events e ON e.stream = s.id
         WHERE s.name = ? AND e.revision = 0`,
      )
      .pluck();
    this.#versions = this.#db.prepare(
      `SELECT DISTINCT type, metadata ->> '$.schemaVersion' AS schemaVersion FROM events
       WHERE position > ? AND position <= ?`,
    );
    this.#streamCount = this.#db.prepare<[], number>('SELECT ifnull(max(id), 0) FROM streams').pluck();
    this.#head = this.#db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM events').pluck();
    this.#lastRecordedAt = this.#db
      .prepare<[], number>('SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1')
      .pluck();
  }

  /** See `LocalLog.streamSlice`. */
  streamSlice(stream: string, from: number, limit = -1): IndexedEvent[] {
    return this.#streamSlice.all(stream, from, limit).map(eventOf);
  }

  /** See `LocalLog.slice`. */
  slice(after: number, limit: number): IndexedEvent[] {
    return this.#slice.all(after, limit).map(eventOf);
  }

  /** See `LocalLog.streamsNamed`. */
  streamsNamed(prefix: string): string[] {
    return this.#named.all(prefix, `${prefix}\u{10ffff}`);
  }

  /** See `LocalLog.erasures`. */
  erasures(after: number): { readonly index: number; readonly stream: string }[] {
    return this.#erasures.all(after);
  }

  /** Up to `limit` streams after number `after`, oldest first; the first has number 1. For work in shards. */
  streams(after: number, limit: number): { readonly number: number; readonly stream: string }[] {
    return this.#streams.all(after, limit);
  }

  /** The tenant of a stream, without the reading of an event; undefined where there is no such stream. */
  tenantOf(stream: string): string | undefined {
    return this.#tenantOf.get(stream);
  }

  /** Which versions of which types the events after log index `after` up to `until` have. */
  versions(after: number, until: number): { readonly type: string; readonly schemaVersion: number }[] {
    return this.#versions.all(after, until);
  }

  /** The events of these types after log index `after` up to `until`, in log order. */
  ofTypes(types: readonly string[], after: number, until: number): IndexedEvent[] {
    return this.#ofTypes.all(JSON.stringify(types), after, until).map(eventOf);
  }

  /** How many streams there are: the number of the youngest. */
  streamCount(): number {
    return this.#streamCount.get()!;
  }

  /** See `LocalLog.head`. */
  head(): number {
    return this.#head.get()!;
  }

  /** When the last event was recorded; undefined where the log is empty. */
  lastRecordedAt(): Millis | undefined {
    return this.#lastRecordedAt.get();
  }

  /** What SQLite finds wrong with the file (PRAGMA integrity_check); empty where all is well. Reads all of it. */
  integrity(): string[] {
    const found = this.#db.pragma('integrity_check') as { integrity_check: string }[];
    return found.map((line) => line.integrity_check).filter((line) => line !== 'ok');
  }

  close(): void {
    this.#db.close();
  }
}
