import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { checkLog, type LogFault } from '../../src/store/fsck.ts';
import { logFile, openSqliteStore } from '../../src/store/sqlite.ts';
import { newEvent } from '../contract/event-store.ts';

describe('checkLog', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consent-ledger-fsck-'));
    const store = await openSqliteStore({ folder, clock: Date.now });
    for (let revision = 0; revision < 5; revision++) {
      await store.append('a', [newEvent()], revision - 1);
      await store.append('b', [newEvent()], revision - 1);
    }
    await store.close();
  });
  afterEach(() => rm(folder, { recursive: true }));

  const change = (sql: string): void => {
    const db = new Database(logFile(folder));
    db.exec(sql);
    db.close();
  };
  const faults = async (): Promise<Pick<LogFault, 'kind' | 'index'>[]> => {
    const store = await openSqliteStore({ folder, clock: Date.now });
    try {
      const found = [];
      for await (const { kind, index } of checkLog(store)) found.push({ kind, index });
      return found;
    } finally {
      await store.close();
    }
  };

  it('finds nothing in a log that is whole, and tells how far it is', async () => {
    const store = await openSqliteStore({ folder, clock: Date.now });
    const progress: number[] = [];
    const found = await Array.fromAsync(checkLog(store, (index) => progress.push(index)));
    await store.close();
    assert.deepEqual({ found, progress }, { found: [], progress: [10] });
  });

  it('finds an event that is missing', async () => {
    change('DELETE FROM events WHERE position = 5');
    assert.deepEqual(await faults(), [
      { kind: 'index-gap', index: 6 },
      { kind: 'revision-gap', index: 7 },
    ]);
  });

  it('finds a stream that starts late or skips', async () => {
    change('UPDATE events SET revision = revision + 1 WHERE position = 10');
    assert.deepEqual(await faults(), [{ kind: 'revision-gap', index: 10 }]);
  });

  it('S1.3 finds a time that runs backwards', async () => {
    change('UPDATE events SET recorded_at = 1 WHERE position = 4');
    assert.deepEqual(await faults(), [{ kind: 'time-backwards', index: 4 }]);
  });

  it('finds a damaged file', async () => {
    const db = new Database(logFile(folder));
    const page = db.prepare<[], number>(
      `SELECT rootpage FROM sqlite_schema WHERE name LIKE '%autoindex_events%'`,
    );
    const lastByteOfIndex = page.pluck().get()! * 4096 - 1;
    db.close();
    const file = await open(logFile(folder), 'r+');
    await file.write(Buffer.from([99]), 0, 1, lastByteOfIndex);
    await file.close();
    assert.equal((await faults())[0]?.kind, 'file-damaged');
  });
});
