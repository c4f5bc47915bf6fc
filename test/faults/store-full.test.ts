import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLog } from '../../src/store/fsck.ts';
import type { AppendOutcome } from '../../src/store/port.ts';
import { openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { newEvent } from '../contract/event-store.ts';
import { mountTmpfs, unmount } from '../support/tmpfs.ts';

/** Appends to the stream until an append is not taken; answers with how many were, and what came then. */
const fill = async (store: SqliteStore): Promise<{ revision: number; outcome: AppendOutcome }> => {
  for (let revision = -1; ; revision++) {
    const outcome = await store.append('a', [newEvent('x'.repeat(20_000))], revision);
    if (outcome.outcome !== 'appended') return { revision, outcome };
  }
};

test('a full disk: appends are refused, reads go on, and after space returns all is well', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-full-'));
  if (!mountTmpfs(folder, 4)) {
    await rm(folder, { recursive: true });
    return t.skip('mounting a tmpfs needs root');
  }
  try {
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(1_500_000));
    const store = await openSqliteStore({ folder, clock: Date.now });
    t.after(() => store.close());
    const { revision, outcome } = await fill(store);
    assert.ok(outcome.outcome === 'refused' && outcome.code === 'store-full', JSON.stringify(outcome));
    const waiting = ['b', 'c', 'd'].map((stream) =>
      store.append(stream, [newEvent('x'.repeat(100_000))], -1),
    );
    for (const refused of await Promise.all(waiting)) assert.equal(refused.outcome, 'refused');
    assert.equal(store.streamSlice('a', 0).length, revision + 1);
    assert.equal(store.head(), revision + 1);

    await rm(ballast);
    const again = await store.append('a', [newEvent('x'.repeat(20_000))], revision);
    assert.ok(again.outcome === 'appended' && again.revision === revision + 1, JSON.stringify(again));
    assert.equal((await store.append('b', [newEvent()], -1)).outcome, 'appended');
    for await (const fault of checkLog(store)) assert.fail(fault.detail);
    await store.close();

    const reopened = await openSqliteStore({ folder, clock: Date.now });
    t.after(() => reopened.close());
    assert.equal(reopened.head(), revision + 3);
    for await (const fault of checkLog(reopened)) assert.fail(fault.detail);
    await reopened.close();
  } finally {
    unmount(folder);
    await rm(folder, { recursive: true });
  }
});
