import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openSqliteVault } from '../../src/vault/sqlite.ts';
import { vaultContract } from '../contract/vault.ts';
import { withFolder } from './kit.ts';

const fenceAt = (epoch: number) => ({ epoch, check: randomBytes(32) });

vaultContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-'));
  const file = join(folder, 'vault', 'vault.db');
  const opened = [openSqliteVault({ file })];
  return {
    vault: opened[0]!,
    reopen: async () => {
      const again = openSqliteVault({ file });
      opened.push(again);
      return again;
    },
    cleanup: async () => {
      for (const vault of opened) await vault.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

it('the vault is a file of 0600 in a folder of 0700', () =>
  withFolder(async (folder) => {
    const vault = openSqliteVault({ file: join(folder, 'vault', 'vault.db') });
    await vault.advance(undefined, fenceAt(1));
    await vault.admit(randomBytes(32), { subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) });
    for (const name of ['vault.db', 'vault.db-wal', 'vault.db-shm'])
      assert.equal((await stat(join(folder, 'vault', name))).mode & 0o777, 0o600, name);
    assert.equal((await stat(join(folder, 'vault'))).mode & 0o777, 0o700);
    await vault.close();
  }));

it('a vault folder that others may enter is refused', () =>
  withFolder(async (folder) => {
    await chmod(folder, 0o755);
    assert.throws(() => openSqliteVault({ file: join(folder, 'vault.db') }), /chmod 700/);
  }));

it('what was destroyed is nowhere in the files, while the vault is open and read', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'vault', 'vault.db');
    const vault = openSqliteVault({ file });
    const [hash, entry] = [randomBytes(32), { subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) }];
    const others = Array.from({ length: 50 }, () => ({
      subject: randomUUID(),
      epoch: 1,
      wrapped: randomBytes(60),
    }));
    await vault.advance(undefined, fenceAt(1));
    await vault.admit(hash, entry);
    for (const other of others) await vault.admit(randomBytes(32), other);
    const stands = async () => {
      const files = [file, `${file}-wal`, `${file}-shm`];
      const bytes = Buffer.concat(await Promise.all(files.map((each) => readFile(each))));
      return [hash, entry.wrapped, Buffer.from(entry.subject)].map((secret) => bytes.includes(secret));
    };
    assert.deepEqual(await stands(), [true, true, true], 'the scan sees the files as they are');
    const reading = others.map(({ subject }) => vault.get(subject));
    await vault.destroy(entry.subject);
    await Promise.all(reading);
    assert.deepEqual(await stands(), [false, false, false]);
    await vault.close();
  }));

it('a wrapping that was replaced is nowhere in the files once the vault is closed', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'vault', 'vault.db');
    const vault = openSqliteVault({ file });
    const old = { subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) };
    await vault.advance(undefined, fenceAt(1));
    await vault.admit(randomBytes(32), old);
    await vault.advance(1, fenceAt(2));
    await vault.rewrap([{ ...old, epoch: 2, wrapped: randomBytes(60) }], 1);
    await vault.close();
    const bytes = await readFile(file);
    assert.ok(bytes.includes(old.subject), 'the scan sees the file as it is');
    assert.ok(!bytes.includes(old.wrapped));
    await assert.rejects(stat(`${file}-wal`), { code: 'ENOENT' });
  }));
