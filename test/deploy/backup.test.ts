import assert from 'node:assert/strict';
import { chmod, cp, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { backup } from '../../src/cli/backup.ts';
import { restore } from '../../src/cli/restore.ts';
import { claimFolder } from '../../src/store/folder.ts';
import { type LedgerFolder, openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';

const patientOf = (value: string) => ({ system: 'urn:example:mrn', value });

const grant = async (served: ServedLedger, value: string): Promise<void> => {
  const body = { patient: patientOf(value), signedAt: '2026-03-01', otherwise: 'deny' };
  const answer = await served.post('/consents', body);
  assert.equal(answer.status, 201, answer.text);
};

const succeeded = async (ledger: LedgerFolder, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await ledger.run(args);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
};

const refused = async (ledger: LedgerFolder, message: RegExp, ...args: string[]): Promise<void> => {
  const { code, stderr } = await ledger.run(args);
  assert.equal(code, 1, stderr);
  assert.match(stderr, message);
};

/** An empty place for a ledger, with the keys of the first and nothing more. */
const emptyLedger = async (folder: string, { config }: LedgerFolder): Promise<LedgerFolder> => {
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  await cp(config.keysFolder, join(folder, 'data', 'keys'), { recursive: true });
  await chmod(join(folder, 'data', 'keys'), 0o700);
  const compiled = join(config.dataFolder, '..', 'compiled');
  return openLedgerFolder(folder, { newKeys: false, compiled });
};

/** A ledger with two patients, and backups of both kinds in `log` and `vault` beside it. */
const withBackups = (run: (first: LedgerFolder, folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const first = await openLedgerFolder(join(folder, 'first'));
    const served = await first.serve();
    await grant(served, '1');
    await grant(served, '2');
    await served.stop();
    await succeeded(first, 'backup', 'log', join(folder, 'log'));
    await succeeded(first, 'backup', 'vault', join(folder, 'vault'));
    await run(first, folder);
  });

const silent = () => ({ show: () => {}, end: () => {} });
const placed = (folder: string) => ['--log', join(folder, 'log'), '--vault', join(folder, 'vault')];

describe('backup and restore', { timeout: 240_000 }, () => {
  it('copies taken under writers are a whole ledger again', () =>
    withFolder(async (folder) => {
      const first = await openLedgerFolder(join(folder, 'first'));
      const served = await first.serve();
      let writing = true;
      let written = 0;
      const write = async (name: string): Promise<void> => {
        for (let n = 0; writing; n += 1) {
          await grant(served, `${name}-${n}`);
          written += 1;
        }
      };
      const writers = Promise.all(['a', 'b', 'c', 'd'].map(write));
      try {
        while (written < 100) await served.send('GET', '/healthz');
        const said = await succeeded(first, 'backup', 'log', join(folder, 'log'));
        assert.match(said, /^The log as of .*: \d+ bytes in .*SHA-256 [0-9a-f]{64}\.$/m);
        const before = written;
        while (written < before + 50) await served.send('GET', '/healthz');
        await succeeded(first, 'backup', 'vault', join(folder, 'vault'));
      } finally {
        writing = false;
        await writers;
        await served.stop();
      }
      for (const kind of ['log', 'vault']) {
        assert.equal((await stat(join(folder, kind))).mode & 0o777, 0o700);
        const names = (await readdir(join(folder, kind))).sort();
        assert.deepEqual(names, [`${kind}.db`, 'manifest.json'].sort());
        for (const name of names)
          assert.equal((await stat(join(folder, kind, name))).mode & 0o777, 0o600, name);
      }
      const second = await emptyLedger(join(folder, 'second'), first);
      const said = await succeeded(second, 'restore', ...placed(folder));
      assert.match(said, /^0 erased patients were destroyed in it again\.$/m);
      assert.doesNotMatch(said, /older than the log/);
      await succeeded(second, 'fsck');
      const again = await second.serve();
      try {
        const found = await again.post('/patients/consents', { patient: patientOf('a-0') });
        assert.equal(found.status, 200, found.text);
      } finally {
        await again.stop();
      }
    }));

  it('nothing is overwritten, neither a backup nor a ledger', () =>
    withBackups(async (first, folder) => {
      const before = await readFile(join(folder, 'log', 'manifest.json'), 'utf8');
      await refused(
        first,
        /is there already; a backup is never overwritten/,
        'backup',
        'log',
        join(folder, 'log'),
      );
      assert.equal(await readFile(join(folder, 'log', 'manifest.json'), 'utf8'), before);
      await refused(first, /is not empty; nothing is overwritten/, 'restore', ...placed(folder));
      await succeeded(first, 'fsck');
    }));

  it('a backup that is stopped leaves nothing', () =>
    withBackups(async ({ config }, folder) => {
      const before = await readdir(folder);
      const stopped = backup('log', join(folder, 'new'), config, Date.now(), silent, AbortSignal.abort());
      await assert.rejects(stopped, /Stopped; nothing was kept/);
      assert.deepEqual(await readdir(folder), before);
    }));

  it('a damaged, exchanged or missing backup is refused, and the data folder is empty again', () =>
    withBackups(async (first, folder) => {
      const second = await emptyLedger(join(folder, 'second'), first);
      const [log, vault] = [join(folder, 'log'), join(folder, 'vault')];
      await refused(
        second,
        /is a backup of the log, not of the vault/,
        'restore',
        '--log',
        log,
        '--vault',
        log,
      );
      await refused(second, /name its backup with --vault/, 'restore', '--log', log);
      await refused(second, /holds no whole backup/, 'restore', '--log', folder, '--vault', vault);
      const file = await open(join(vault, 'vault.db'), 'r+');
      const { size } = await file.stat();
      const [last] = (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer;
      await file.write(Buffer.from([last! ^ 1]), 0, 1, size - 1);
      await refused(second, /vault is damaged: it has not its checksum/, 'restore', ...placed(folder));
      await file.truncate(size - 1);
      await file.close();
      await refused(second, /vault\.db has not its length/, 'restore', ...placed(folder));
      assert.deepEqual(await readdir(second.config.dataFolder), ['keys']);
    }));

  it('a folder that another process has is left to it, from before the first copy to the last', () =>
    withBackups(async (first, folder) => {
      const second = await emptyLedger(join(folder, 'second'), first);
      const { config } = second;
      const backups = { log: join(folder, 'log'), vault: join(folder, 'vault') };
      const { signal } = new AbortController();
      const restored = (verify: () => Promise<never>) => restore(backups, config, verify, silent, signal);

      let taken = claimFolder(config.dataFolder);
      const unreached = () => Promise.reject(new Error('it was placed all the same'));
      await assert.rejects(restored(unreached), /in use by another process/);
      assert.deepEqual(await readdir(config.dataFolder), ['keys', 'lock.db']);
      taken.release();

      const overtaken = () => {
        taken = claimFolder(config.dataFolder);
        return Promise.reject(new Error('another process has the ledger'));
      };
      await assert.rejects(restored(overtaken), /in use by another process/);
      taken.release();
      await succeeded(second, 'fsck');
    }));

  it('a vault from before a rotation is refused, and nothing of it is left', () =>
    withBackups(async (first, folder) => {
      await succeeded(first, 'keys', 'rotate');
      const second = await emptyLedger(join(folder, 'second'), first);
      await refused(second, /copy from before the rotation to epoch 2/, 'restore', ...placed(folder));
      assert.deepEqual(await readdir(second.config.dataFolder), ['keys']);
      await rm(join(folder, 'vault'), { recursive: true });
      await succeeded(first, 'backup', 'vault', join(folder, 'vault'));
      await succeeded(second, 'restore', ...placed(folder));
      await succeeded(second, 'fsck');
    }));

  it('what is in a server is not for these commands', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'secret');
      await writeFile(file, 'x', { mode: 0o600 });
      const settings = {
        store: 'eventstoredb',
        eventstoredb: { connectionStringFile: file },
        vault: 'postgres',
        postgres: { urlFile: file },
      };
      const ledger = await openLedgerFolder(folder, { settings });
      await refused(ledger, /events are in EventStoreDB/, 'backup', 'log', join(folder, 'log'));
      await refused(ledger, /vault is in PostgreSQL/, 'backup', 'vault', join(folder, 'vault'));
      await refused(ledger, /in a server: restore it there/, 'restore', '--log', folder);
    }));
});
