import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { openForWriting } from './schema.ts';
import {
  type BatchMessage,
  type DecidedOutcome,
  type FailedOutcome,
  type PackedAppend,
  packOutcomes,
  unpackBatch,
  type WriterMessage,
} from './wire.ts';

/**
 * The writer's thread: the only connection that writes to the log. A batch is one transaction and one fsync
 * (WAL, synchronous=FULL). Checkpoints of the WAL are made in a thread of their own (sqlite-checkpointer.ts).
 */
const port = parentPort!;
const db = openForWriting((workerData as { file: string }).file);

interface StreamHead {
  readonly id: number;
  revision: number;
}
interface Stored {
  readonly id: string;
  readonly position: number;
  readonly recordedAt: number;
}

const begin = db.prepare('BEGIN IMMEDIATE');
const commit = db.prepare('COMMIT');
const lastPosition = db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM events').pluck();
const findStream = db.prepare<[string], StreamHead>(
  `SELECT id, (SELECT max(revision) FROM events WHERE stream = streams.id) AS revision FROM streams WHERE name = ?`,
);
const addStream = db.prepare<[string]>('INSERT INTO streams (name) VALUES (?)');
const addEvent = db.prepare<[number, number, number, number, string, string, string, Buffer]>(
  'INSERT INTO events (position, stream, revision, recorded_at, id, type, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
);
const findEvents = db.prepare<[number, number, number], Stored>(
  `SELECT id, position, recorded_at AS recordedAt FROM events
   WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?`,
);

/** Heads of streams written lately; emptied when it is full, and when a batch was rolled back. */
const heads = new Map<string, StreamHead>();
const headsLimit = 100_000;
let position = lastPosition.get()!;

const headOf = (stream: string): StreamHead | undefined => {
  const known = heads.get(stream);
  if (known) return known;
  const stored = findStream.get(stream);
  return stored && keepHead(stream, stored);
};

const keepHead = (stream: string, head: StreamHead): StreamHead => {
  if (heads.size >= headsLimit) heads.clear();
  heads.set(stream, head);
  return head;
};

const append = ({ stream, expectedRevision, events }: PackedAppend, recordedAt: number): DecidedOutcome => {
  const head = headOf(stream);
  const revision = head?.revision ?? -1;
  if (revision !== expectedRevision) {
    return (head && repeated(head, expectedRevision, events)) ?? { outcome: 'conflict', revision };
  }
  const grown = head ?? keepHead(stream, { id: Number(addStream.run(stream).lastInsertRowid), revision });
  for (const { id, type, metadata, data } of events) {
    position += 1;
    grown.revision += 1;
    addEvent.run(position, grown.id, grown.revision, recordedAt, id, type, metadata, data);
  }
  return { outcome: 'appended', revision: grown.revision, position: String(position), recordedAt };
};

/** The first outcome again, where these very events stand right after the expected revision. */
const repeated = (
  head: StreamHead,
  expectedRevision: number,
  events: PackedAppend['events'],
): DecidedOutcome | undefined => {
  const stored = findEvents.all(head.id, expectedRevision, events.length);
  const last = stored.at(-1);
  if (last === undefined || !events.every(({ id }, index) => id === stored[index]?.id)) return undefined;
  return {
    outcome: 'appended',
    revision: expectedRevision + events.length,
    position: String(last.position),
    recordedAt: last.recordedAt,
  };
};

/** All appends of the batch are durable when this returns; none of them where it failed. */
const write = (batch: BatchMessage): WriterMessage => {
  let committing = false;
  try {
    begin.run();
    const outcomes: DecidedOutcome[] = [];
    for (const next of unpackBatch(batch)) outcomes.push(append(next, batch.recordedAt));
    committing = true;
    commit.run();
    return { kind: 'decided', outcomes: packOutcomes(outcomes) };
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (db.inTransaction) db.exec('ROLLBACK');
    heads.clear();
    position = lastPosition.get()!;
    return { kind: 'failed', outcome: failureOf(error.code, committing) };
  }
};

/**
 * A commit that failed for another reason than a full disk may have left its last frame in the WAL, and a crash
 * before the next commit would bring it back: hence unknown.
 */
const failureOf = (code: string, committing: boolean): FailedOutcome => {
  if (code === 'SQLITE_FULL')
    return { outcome: 'refused', code: 'store-full', detail: 'The disk of the log is full' };
  return committing
    ? { outcome: 'unknown', detail: `The commit failed (${code})` }
    : { outcome: 'refused', code: 'store-unavailable', detail: `The log could not be written (${code})` };
};

port.on('message', (message: BatchMessage | 'close') => {
  if (message === 'close') {
    db.close();
    port.close();
    return;
  }
  const answer = write(message);
  port.postMessage(answer, answer.kind === 'decided' ? [answer.outcomes.buffer] : []);
});
port.postMessage({ kind: 'ready' } satisfies WriterMessage);
