import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { claimFolder, DataFolderError } from '../../src/store/folder.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { newEvent } from '../contract/event-store.ts';

describe('the data folder', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'consent-ledger-folder-'));
  });
  after(() => rm(parent, { recursive: true }));

  const refused = (folder: string, reason: RegExp) => (error: unknown) => {
    assert.ok(error instanceof DataFolderError);
    assert.ok(error.message.includes(folder));
    assert.match(error.message, reason);
    return true;
  };

  it('is made for its owner alone, with all that is in it', async (t) => {
    const folder = join(parent, 'made', 'deep');
    const store = await openSqliteStore({ folder, clock: Date.now });
    t.after(() => store.close());
    await store.append('stream', [newEvent()], -1);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.deepEqual((await readdir(folder)).toSorted(), ['lock.db', 'log.db', 'log.db-shm', 'log.db-wal']);
    for (const file of ['lock.db', 'log.db', 'log.db-wal', 'log.db-shm']) {
      assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    }
  });

  it('is refused while others may enter it', async () => {
    const folder = join(parent, 'exposed');
    claimFolder(folder).release();
    for (const mode of [0o710, 0o704, 0o750, 0o755]) {
      await chmod(folder, mode);
      await assert.rejects(openSqliteStore({ folder, clock: Date.now }), refused(folder, /open to others/));
    }
    await chmod(folder, 0o700);
    claimFolder(folder).release();
  });

  it('is refused to a second store in this process, and the first goes on holding it', async (t) => {
    const folder = join(parent, 'twice');
    const store = await openSqliteStore({ folder, clock: Date.now });
    t.after(() => store.close());
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(openSqliteStore({ folder, clock: Date.now }), refused(folder, /in use/));
    }
    await store.close();
    await (await openSqliteStore({ folder, clock: Date.now })).close();
  });

  it('is refused while another process holds it, and free once that was killed', async () => {
    const folder = join(parent, 'other-process');
    const script = `
      const { claimFolder } = await import(${JSON.stringify(new URL('../../src/store/folder.ts', import.meta.url))});
      claimFolder(${JSON.stringify(folder)});
      await new Promise((resolve) => setTimeout(resolve, 10));
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
      console.log('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(holder, 'exit');
    try {
      await once(holder.stdout, 'data');
      assert.throws(() => claimFolder(folder), refused(folder, /in use/));
    } finally {
      holder.kill('SIGKILL');
      await ended;
    }
    claimFolder(folder).release();
  });
});
