import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import { KeysRefused, masterKeyOf } from '../../src/vault/master-key.ts';
import { someDay, withFolder } from './kit.ts';

const withKeys = (run: (keys: string, keyStore: KeyStore) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const keys = join(folder, 'keys');
    await initKeys(keys, someDay);
    await run(keys, await openKeyStore(keys));
  });

const plainOf = (keyStore: KeyStore, entry: Parameters<KeyStore['dataKey']>[0]): Buffer =>
  keyStore.dataKey(entry).export();

describe('keys init', () => {
  it('makes a private folder with private files, and nothing else', () =>
    withFolder(async (folder) => {
      const keys = join(folder, 'keys');
      await initKeys(keys, someDay);
      assert.equal((await stat(keys)).mode & 0o777, 0o700);
      for (const name of ['master.key', 'keys.json'])
        assert.equal((await stat(join(keys, name))).mode & 0o777, 0o600, name);
      assert.deepEqual((await readdir(keys)).sort(), ['keys.json', 'master.key']);
      assert.deepEqual(await readdir(folder), ['keys']);
      const text = (await readFile(join(keys, 'master.key'), 'utf8')).trim();
      assert.equal(Buffer.from(text, 'base64').length, 32);
    }));

  it('never overwrites keys, and leaves nothing behind when it refuses', () =>
    withKeys(async (keys) => {
      const before = await readFile(join(keys, 'master.key'), 'utf8');
      await assert.rejects(initKeys(keys, someDay), /never overwritten/);
      assert.equal(await readFile(join(keys, 'master.key'), 'utf8'), before);
      assert.deepEqual(await readdir(join(keys, '..')), ['keys']);
    }));

  it('refuses a folder with anything in it, and a file in its place', () =>
    withFolder(async (folder) => {
      const keys = join(folder, 'keys');
      await mkdir(keys);
      await writeFile(join(keys, 'notes'), '');
      await assert.rejects(initKeys(keys, someDay), KeysRefused);
      await writeFile(join(folder, 'file'), '');
      await assert.rejects(initKeys(join(folder, 'file'), someDay), KeysRefused);
    }));
});

describe('opening the keys', () => {
  const refusals: Record<string, [(keys: string) => Promise<unknown>, RegExp]> = {
    'no folder': [(keys) => rm(keys, { recursive: true }), /is not there; "keys init"/],
    'a folder open to the group': [(keys) => chmod(keys, 0o750), /keys is open to others.*chmod 700/],
    'a folder open to others': [(keys) => chmod(keys, 0o701), /keys is open to others/],
    'a master key that the group may read': [
      (keys) => chmod(join(keys, 'master.key'), 0o640),
      /master\.key is open to others \(mode 640\): chmod 600/,
    ],
    'a master key that others may write': [
      (keys) => chmod(join(keys, 'master.key'), 0o602),
      /master\.key is open to others/,
    ],
    'a key file that others may read': [
      (keys) => chmod(join(keys, 'keys.json'), 0o604),
      /keys\.json is open to others/,
    ],
    'no master key': [(keys) => rm(join(keys, 'master.key')), /master\.key is not there/],
    'no key file': [(keys) => rm(join(keys, 'keys.json')), /keys\.json is not there/],
    'a link in place of the master key': [
      async (keys) => {
        await rm(join(keys, 'master.key'));
        await symlink('/dev/zero', join(keys, 'master.key'));
      },
      /master\.key is not a file/,
    ],
    'a master key that is too short': [
      (keys) => writeFile(join(keys, 'master.key'), randomBytes(31).toString('base64')),
      /does not hold a master key/,
    ],
    'a master key that is not base64': [
      (keys) => writeFile(join(keys, 'master.key'), '!'.repeat(44)),
      /does not hold a master key/,
    ],
    'another master key': [
      (keys) => writeFile(join(keys, 'master.key'), randomBytes(32).toString('base64')),
      /master key does not open the ledger key/,
    ],
    'a key file cut short': [
      async (keys) => {
        const file = join(keys, 'keys.json');
        await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100));
      },
      /keys\.json is damaged/,
    ],
    'an epoch that was renamed': [
      async (keys) => {
        const file = join(keys, 'keys.json');
        await writeFile(file, (await readFile(file, 'utf8')).replace('"epoch": 1', '"epoch": 2'));
      },
      /master key does not open the epoch key 2/,
    ],
  };
  for (const [what, [spoil, message]] of Object.entries(refusals))
    it(`is refused with ${what}`, () =>
      withKeys(async (keys) => {
        await spoil(keys);
        await assert.rejects(openKeyStore(keys), (error) => {
          assert.ok(error instanceof KeysRefused, String(error));
          assert.match(error.message, message);
          return true;
        });
      }));

  it('is refused where another user owns the keys', { skip: process.getuid?.() !== 0 && 'needs root' }, () =>
    withKeys(async (keys) => {
      const { chown } = await import('node:fs/promises');
      await chown(join(keys, 'master.key'), 12_345, 12_345);
      await assert.rejects(openKeyStore(keys), /belongs to another user/);
    }),
  );

  it('works with a master key from elsewhere than the file', () =>
    withKeys(async (keys, keyStore) => {
      const entry = keyStore.newEntry(randomUUID());
      const file = join(keys, 'master.key');
      const master = masterKeyOf(Buffer.from(await readFile(file, 'utf8'), 'base64'));
      await rm(file);
      const again = await openKeyStore(keys, master);
      assert.deepEqual(plainOf(again, entry), plainOf(keyStore, entry));
    }));
});

describe('data keys', () => {
  it('are new for each subject and come out as they went in, also after a restart', () =>
    withKeys(async (keys, keyStore) => {
      const [one, other] = [keyStore.newEntry(randomUUID()), keyStore.newEntry(randomUUID())];
      assert.notDeepEqual(plainOf(keyStore, one), plainOf(keyStore, other));
      assert.deepEqual(plainOf(await openKeyStore(keys), one), plainOf(keyStore, one));
    }));

  it('do not open as another subject’s, in another epoch, or with a changed bit', () =>
    withKeys(async (_keys, keyStore) => {
      const entry = keyStore.newEntry(randomUUID());
      assert.throws(() => keyStore.dataKey({ ...entry, subject: randomUUID() }), KeysRefused);
      assert.throws(() => keyStore.dataKey({ ...entry, epoch: 2 }), /epoch 2 is not in the key store/);
      for (let at = 0; at < entry.wrapped.length; at += 1) {
        const wrapped = Buffer.from(entry.wrapped);
        wrapped[at]! ^= 1;
        assert.throws(() => keyStore.dataKey({ ...entry, wrapped }), KeysRefused);
      }
      assert.throws(() => keyStore.dataKey({ ...entry, wrapped: entry.wrapped.subarray(1) }), KeysRefused);
    }));
});

describe('hashes of identifiers', () => {
  it('are the same for the same patient and differ for each part, and between ledgers', () =>
    withKeys((keys, keyStore) =>
      withKeys(async (_otherKeys, otherLedger) => {
        const identifier = { system: 'urn:a', value: '1' };
        const hash = keyStore.identifierHash('north', identifier);
        assert.deepEqual((await openKeyStore(keys)).identifierHash('north', identifier), hash);
        const others = [
          keyStore.identifierHash('south', identifier),
          keyStore.identifierHash('north', { system: 'urn:a', value: '2' }),
          keyStore.identifierHash('north', { system: 'urn:b', value: '1' }),
          keyStore.identifierHash('northurn:a', { system: '', value: '1' }),
          otherLedger.identifierHash('north', identifier),
        ];
        for (const other of others) assert.notDeepEqual(other, hash);
      }),
    ));

  it('have a key of their own: keys of the ledger differ by purpose', () =>
    withKeys(async (keys, keyStore) => {
      const one = keyStore.ledgerKey('request-id');
      assert.ok((await openKeyStore(keys)).ledgerKey('request-id').equals(one));
      assert.ok(!keyStore.ledgerKey('cursor').equals(one));
    }));
});
