import assert from 'node:assert/strict';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import Database from 'better-sqlite3';
import { openLedgerFolder } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';

/** What `sqlite3 <file> ".backup"` does. */
const backUp = async (file: string, to: string): Promise<void> => {
  const database = new Database(file, { readonly: true });
  await database.backup(to);
  database.close();
  await chmod(to, 0o600);
};

it('a backup of the embedded files, taken under writers, is a whole ledger again', { timeout: 120_000 }, () =>
  withFolder(async (folder) => {
    const ledger = await openLedgerFolder(join(folder, 'first'));
    const { dataFolder, keysFolder } = ledger.config;
    const served = await ledger.serve();
    const restored = join(folder, 'second');
    const data = join(restored, 'data');
    let writing = true;
    let written = 0;
    const write = async (name: string): Promise<void> => {
      for (let n = 0; writing; n += 1) {
        const patient = { system: 'urn:example:mrn', value: `${name}-${n}` };
        const answer = await served.post('/consents', { patient, signedAt: '2026-03-01', otherwise: 'deny' });
        assert.equal(answer.status, 201, answer.text);
        written += 1;
      }
    };
    try {
      const writers = ['a', 'b', 'c', 'd'].map(write);
      while (written < 100) await served.send('GET', '/healthz');
      const before = written;
      await mkdir(join(data, 'vault'), { recursive: true, mode: 0o700 });
      // Events first: each of them then has its key in the vault's later copy.
      await backUp(join(dataFolder, 'log.db'), join(data, 'log.db'));
      while (written < before + 50) await served.send('GET', '/healthz');
      await backUp(join(dataFolder, 'vault/vault.db'), join(data, 'vault/vault.db'));
      await cp(keysFolder, join(data, 'keys'), { recursive: true });
      await chmod(join(data, 'keys'), 0o700);
      writing = false;
      await Promise.all(writers);
    } finally {
      writing = false;
      await served.stop();
    }
    const second = await openLedgerFolder(restored, { newKeys: false });
    const checked = await second.run(['fsck']);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    const again = await second.serve();
    try {
      const patient = { system: 'urn:example:mrn', value: 'a-0' };
      const found = await again.post('/patients/consents', { patient });
      assert.equal(found.status, 200, found.text);
    } finally {
      await again.stop();
    }
  }),
);
