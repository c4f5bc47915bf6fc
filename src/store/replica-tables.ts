import type Database from 'better-sqlite3';
import type { Millis } from '../../schemas/instant.ts';
import type { RemoteEvent, RemotePosition } from './eventstoredb-decode.ts';
import { comparePositions } from './eventstoredb-read.ts';
import { noStream } from './port.ts';
import { decodeMetadata } from './replica-metadata.ts';

/** The store holds what cannot belong to the log that this replica follows; the message says what. */
export class NotOurLog extends Error {
  override readonly name = 'NotOurLog';
}

/** What a transaction added. */
export interface Growth {
  readonly streams: readonly string[];
  /** Index of the last event of the replica. */
  readonly head: number;
  /** When it was recorded. */
  readonly recordedAt: Millis;
}

/** An event of the replica, as far as an append is concerned. */
export interface StoredEvent {
  readonly id: string;
  readonly index: number;
  readonly recordedAt: Millis;
}

interface StreamHead {
  readonly number: number;
  revision: number;
  recordedAt: Millis;
}

/** The last event of a replica, by which it knows its store again. */
interface LastEvent {
  readonly position: RemotePosition;
  readonly id: string;
}

/** Heads of streams written lately; emptied when it is full, and when a transaction failed. */
const mostHeads = 100_000;

/**
 * The tables of a replica, for the one connection that writes them. Rows and place change in one transaction, and
 * what is recorded when follows from the log of the store alone, so every replica of it is the same.
 */
export class ReplicaTables {
  readonly #db: Database.Database;
  /** Undefined for a stream that is known not to be there. */
  readonly #heads = new Map<string, StreamHead | undefined>();
  readonly #statements: ReturnType<typeof prepare>;
  #index = 0;
  #recordedAt: Millis = 0;
  #reached: RemotePosition | undefined;
  #last: LastEvent | undefined;

  /** `db`: with the tables of a log and of a replica. */
  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = prepare(db);
    this.#load();
  }

  /** Up to here in the store's log there is no event but those that are here; undefined at its start. */
  get reached(): RemotePosition | undefined {
    return this.#reached;
  }

  /** Undefined in an empty replica. */
  get last(): LastEvent | undefined {
    return this.#last;
  }

  /** Whether everything of the store's log up to a position is here. */
  holds(position: RemotePosition | undefined): boolean {
    if (position === undefined) return true;
    return this.#reached !== undefined && comparePositions(position, this.#reached) <= 0;
  }

  revisionOf(stream: string): number {
    return this.#headOf(stream)?.revision ?? noStream;
  }

  /** Up to `limit` events of a stream after a revision. */
  eventsAfter(stream: string, revision: number, limit: number): StoredEvent[] {
    return this.#statements.findEvents.all(stream, revision, limit);
  }

  /**
   * Writes events that follow those that are here; those that are here already are left out. Nothing is written
   * where it throws: NotOurLog, or the error of SQLite.
   */
  write(events: readonly RemoteEvent[]): Growth {
    const streams = new Set<string>();
    try {
      this.#statements.begin.run();
      for (const event of events) {
        if (this.holds(event.position)) continue;
        this.#add(event);
        streams.add(event.stream);
      }
      this.#save();
      this.#statements.commit.run();
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      this.#load();
      throw error;
    }
    return { streams: [...streams], head: this.#index, recordedAt: this.#recordedAt };
  }

  /** Up to this position there is no event but those that are here. */
  advance(reached: RemotePosition): void {
    if (this.holds(reached)) return;
    this.#reached = reached;
    this.#save();
  }

  #add(event: RemoteEvent): void {
    const { stream, revision, id, type, position, data } = event;
    const own = decodeMetadata(event.metadata);
    if (own === undefined) throw new NotOurLog(`An event in ${stream} was not written by a ledger`);
    const head = this.#headOf(stream);
    if (revision !== (head?.revision ?? noStream) + 1)
      throw new NotOurLog(`Events of ${stream} are missing in front of revision ${revision}`);
    const recordedAt = own.withPrevious ? this.#recordedAt : this.#recordedNext(event, head);
    const number = head?.number ?? Number(this.#statements.addStream.run(stream).lastInsertRowid);
    this.#index += 1;
    const { addEvent } = this.#statements;
    addEvent.run(this.#index, number, revision, recordedAt, id, type, own.metadata, data);
    this.#recordedAt = recordedAt;
    if (head === undefined) this.#keepHead(stream, { number, revision, recordedAt });
    else Object.assign(head, { revision, recordedAt });
    this.#reached = position;
    this.#last = { position, id };
  }

  /**
   * The clock of whoever led when it was written; never before what stands in front of it in the log, for leaders'
   * clocks differ (SEMANTICS S1.3), and after what stands in front of it in its stream: so what is known of a
   * stream at the time of its last event is settled once that event is here.
   */
  #recordedNext({ created }: RemoteEvent, head: StreamHead | undefined): Millis {
    return Math.max(created, this.#recordedAt, head === undefined ? 0 : head.recordedAt + 1);
  }

  #headOf(stream: string): StreamHead | undefined {
    const known = this.#heads.get(stream);
    if (known !== undefined || this.#heads.has(stream)) return known;
    const stored = this.#statements.findHead.get(stream);
    this.#keepHead(stream, stored);
    return stored;
  }

  #keepHead(stream: string, head: StreamHead | undefined): void {
    if (this.#heads.size >= mostHeads) this.#heads.clear();
    this.#heads.set(stream, head);
  }

  #save(): void {
    // In an empty replica there is nothing yet by which the store could be known again.
    if (this.#reached === undefined || this.#last === undefined) return;
    const { position, id } = this.#last;
    const { commit, prepare } = this.#reached;
    this.#statements.savePlace.run(commit, prepare, position.commit, position.prepare, id);
  }

  #load(): void {
    this.#heads.clear();
    const end = this.#statements.findEnd.get();
    this.#index = end?.index ?? 0;
    this.#recordedAt = end?.recordedAt ?? 0;
    const row = this.#statements.findPlace.get();
    this.#reached = row && { commit: row.reached_commit, prepare: row.reached_prepare };
    this.#last = row && {
      position: { commit: row.event_commit, prepare: row.event_prepare },
      id: row.event_id,
    };
  }
}

const prepare = (db: Database.Database) => ({
  begin: db.prepare('BEGIN IMMEDIATE'),
  commit: db.prepare('COMMIT'),
  findHead: db.prepare<[string], StreamHead>(
    `SELECT s.id AS number, e.revision, e.recorded_at AS recordedAt
     FROM streams s JOIN events e ON e.stream = s.id WHERE s.name = ? ORDER BY e.revision DESC LIMIT 1`,
  ),
  addStream: db.prepare<[string]>('INSERT INTO streams (name) VALUES (?)'),
  addEvent: db.prepare<[number, number, number, number, string, string, string, Buffer]>(
    `INSERT INTO events (position, stream, revision, recorded_at, id, type, metadata, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  findEvents: db.prepare<[string, number, number], StoredEvent>(
    `SELECT e.id, e.position AS "index", e.recorded_at AS recordedAt
     FROM streams s JOIN events e ON e.stream = s.id
     WHERE s.name = ? AND e.revision > ? ORDER BY e.revision LIMIT ?`,
  ),
  findEnd: db.prepare<[], { index: number; recordedAt: number }>(
    'SELECT position AS "index", recorded_at AS recordedAt FROM events ORDER BY position DESC LIMIT 1',
  ),
  findPlace: db.prepare<[], PlaceRow>('SELECT * FROM replica'),
  savePlace: db.prepare<[number, number, number, number, string]>(
    'INSERT OR REPLACE INTO replica VALUES (1, ?, ?, ?, ?, ?)',
  ),
});

interface PlaceRow {
  readonly reached_commit: number;
  readonly reached_prepare: number;
  readonly event_commit: number;
  readonly event_prepare: number;
  readonly event_id: string;
}
