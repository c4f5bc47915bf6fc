import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { meetFence } from '../../src/vault/fence.ts';
import { type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import { openSqliteVault, vaultFile } from '../../src/vault/sqlite.ts';
import { openVaultFile } from '../../src/vault/sqlite-schema.ts';
import { openLedgerFolder } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';

const subjects = 20_000;
const kills = 5;

/** Fills the vault; the hashes of the data keys by subject. */
const fill = async (file: string, keyStore: KeyStore): Promise<Map<string, string>> => {
  const vault = openSqliteVault({ file });
  await meetFence(vault, keyStore);
  await vault.close();
  const database = openVaultFile(file);
  const add = database.prepare('INSERT INTO subject (subject, epoch, wrapped) VALUES (?, ?, ?)');
  const keys = new Map<string, string>();
  database.transaction(() => {
    for (let n = 0; n < subjects; n += 1) {
      const entry = keyStore.newEntry(randomUUID());
      add.run(entry.subject, entry.epoch, entry.wrapped);
      keys.set(entry.subject, hashOf(keyStore, entry));
    }
  })();
  database.close();
  return keys;
};

const hashOf = (keyStore: KeyStore, entry: Parameters<KeyStore['dataKey']>[0]): string =>
  createHash('sha256').update(keyStore.dataKey(entry).export()).digest('hex');

/** Every data key is as it was and opens under what the keys folder holds. */
const requireKeys = async (file: string, keysFolder: string, keys: Map<string, string>): Promise<void> => {
  const keyStore = await openKeyStore(keysFolder);
  const vault = openSqliteVault({ file });
  const page = await vault.page(undefined, subjects + 1);
  await vault.close();
  assert.equal(page.length, subjects);
  for (const entry of page) assert.equal(hashOf(keyStore, entry), keys.get(entry.subject));
};

it(
  'a rotation that is killed over and over ends with every key, under one epoch',
  { timeout: 240_000 },
  (test) =>
    withFolder(async (folder) => {
      const ledger = await openLedgerFolder(folder);
      const { dataFolder, keysFolder } = ledger.config;
      const file = vaultFile(dataFolder);
      const keys = await fill(file, await openKeyStore(keysFolder));
      const seen = new Set<string>();
      for (let kill = 0; kill < kills; kill += 1) {
        let killing = false;
        const { killedBy } = await ledger.run(['keys', 'rotate'], (stderr, child) => {
          const tenths = stderr.split('\n').length - 1;
          if (killing || tenths <= 2 * kill) return;
          killing = true;
          void sleep(kill * 3).then(() => child.kill('SIGKILL'));
        });
        const epochs = (await readdir(keysFolder)).filter((name) => name.startsWith('epoch-')).sort();
        seen.add(`${killedBy} ${epochs.join(' ')}`);
        await requireKeys(file, keysFolder, keys);
      }
      test.diagnostic([...seen].join('; '));
      assert.ok(
        [...seen].some((one) => one.startsWith('SIGKILL')),
        [...seen].join('; '),
      );
      const { code, stdout, stderr } = await ledger.run(['keys', 'rotate']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /complete: \d+ data keys were wrapped anew/);
      await requireKeys(file, keysFolder, keys);
      assert.equal((await readdir(keysFolder)).filter((name) => name.startsWith('epoch-')).length, 1);
      assert.deepEqual(await readdir(dirname(file)), ['vault.db']);
    }),
);
