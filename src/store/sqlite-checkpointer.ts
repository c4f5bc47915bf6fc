import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { openForWriting } from './schema.ts';

/**
 * Moves what is in the WAL into the database file, in a thread of its own so that neither the writer nor the thread
 * that answers waits for its fsyncs. PASSIVE never holds the writer up; once the WAL has become long, RESTART does,
 * for what is left, so that the writer starts over at the front of the file.
 */
const everyMillis = 200;
const longWalPages = 64 * 1024;

const db = openForWriting((workerData as { file: string }).file);

const checkpoint = (): void => {
  try {
    const [state] = db.pragma('wal_checkpoint(PASSIVE)') as [{ log: number }];
    if (state.log > longWalPages) db.pragma('wal_checkpoint(RESTART)');
  } catch (error) {
    // What could not be moved stays in the WAL, where it is durable, and is tried again.
    if (!(error instanceof Database.SqliteError) || !/^SQLITE_(FULL|BUSY|IOERR)/.test(error.code))
      throw error;
  }
};

const turns = setInterval(checkpoint, everyMillis);
// Any message ends it.
parentPort!.once('message', () => {
  clearInterval(turns);
  db.close();
});
