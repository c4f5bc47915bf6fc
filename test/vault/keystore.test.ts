import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EpochUnknown } from '../../src/vault/epoch-keys.ts';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import { KeysRefused, masterKeyOf } from '../../src/vault/master-key.ts';
import { someDay, withFolder } from './kit.ts';

const withKeys = (run: (keys: string, keyStore: KeyStore) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const keys = join(folder, 'keys');
    await initKeys(keys, someDay);
    await run(keys, await openKeyStore(keys));
  });

const later = () => someDay + 86_400_000;
/** What a keys folder holds when its first epoch was destroyed. */
const afterTwo = ['epoch-2.json', 'keys.json', 'master.key', 'retired-1.json'];

const plainOf = (keyStore: KeyStore, entry: Parameters<KeyStore['dataKey']>[0]): Buffer =>
  keyStore.dataKey(entry).export();

describe('keys init', () => {
  it('makes a private folder with private files, and nothing else', () =>
    withFolder(async (folder) => {
      const keys = join(folder, 'keys');
      await initKeys(keys, someDay);
      assert.equal((await stat(keys)).mode & 0o777, 0o700);
      for (const name of ['master.key', 'keys.json', 'epoch-1.json'])
        assert.equal((await stat(join(keys, name))).mode & 0o777, 0o600, name);
      assert.deepEqual((await readdir(keys)).sort(), ['epoch-1.json', 'keys.json', 'master.key']);
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
    'an epoch that others may read': [
      (keys) => chmod(join(keys, 'epoch-1.json'), 0o644),
      /epoch-1\.json is open to others/,
    ],
    'no epoch': [(keys) => rm(join(keys, 'epoch-1.json')), /holds no epoch key/],
    'an epoch cut short': [
      (keys) => truncate(join(keys, 'epoch-1.json'), 50),
      /epoch-1\.json is damaged; restore it/,
    ],
    'an epoch whose file was renamed': [
      (keys) => rename(join(keys, 'epoch-1.json'), join(keys, 'epoch-2.json')),
      /holds another epoch than its name says/,
    ],
    'an epoch that was made another': [
      async (keys) => {
        const text = await readFile(join(keys, 'epoch-1.json'), 'utf8');
        await writeFile(join(keys, 'epoch-2.json'), text.replace('"epoch": 1', '"epoch": 2'), {
          mode: 0o600,
        });
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

describe('epochs', () => {
  it('are brought from the one file that held them to files of their own', () =>
    withKeys(async (keys, keyStore) => {
      const entry = keyStore.newEntry(randomUUID());
      const [file, epochFile] = [join(keys, 'keys.json'), join(keys, 'epoch-1.json')];
      const { ledgerKey } = JSON.parse(await readFile(file, 'utf8'));
      const epoch = JSON.parse(await readFile(epochFile, 'utf8'));
      await rm(epochFile);
      await writeFile(file, JSON.stringify({ version: 1, ledgerKey, epochs: [epoch] }));
      assert.deepEqual(plainOf(await openKeyStore(keys), entry), plainOf(keyStore, entry));
      assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { version: 2, ledgerKey });
      assert.deepEqual(plainOf(await openKeyStore(keys), entry), plainOf(keyStore, entry));
    }));

  it('that many make at once is one, whose key all have', () =>
    withKeys(async (keys) => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => openKeyStore(keys)));
      await Promise.all(stores.map(({ epochs }) => epochs.add(2, someDay)));
      const [first, ...others] = stores.map(({ epochs }) => epochs.fenceAt(2));
      for (const other of others) assert.deepEqual(other, first);
      assert.deepEqual((await readdir(keys)).sort(), [
        'epoch-1.json',
        'epoch-2.json',
        'keys.json',
        'master.key',
      ]);
    }));

  it('that are destroyed are gone from the folder, and from every store that looks again', () =>
    withKeys(async (keys, keyStore) => {
      const other = await openKeyStore(keys);
      const entry = keyStore.newEntry(randomUUID());
      await keyStore.epochs.add(2, someDay);
      await keyStore.epochs.follow(keyStore.epochs.fenceAt(2));
      await Promise.all([keyStore.epochs.destroy(1, later), keyStore.epochs.destroy(1, later)]);
      assert.deepEqual((await readdir(keys)).sort(), afterTwo);
      assert.throws(() => keyStore.dataKey(entry), EpochUnknown);
      assert.ok(other.dataKey(entry));
      await other.epochs.reload();
      assert.throws(() => other.dataKey(entry), EpochUnknown);
      assert.equal(other.epochs.current, 2);
    }));

  it('whose destruction was interrupted are none any more, and wiped by the next', () =>
    withKeys(async (keys, keyStore) => {
      await keyStore.epochs.add(2, someDay);
      await rename(join(keys, 'epoch-1.json'), join(keys, 'epoch-1.destroyed'));
      const again = await openKeyStore(keys);
      assert.deepEqual(
        again.epochs.list().map(({ epoch }) => epoch),
        [2],
      );
      await again.epochs.wipeDestroyed(later);
      assert.deepEqual((await readdir(keys)).sort(), afterTwo);
    }));

  it('of another key store are not followed', () =>
    withKeys(async (_keys, keyStore) =>
      withKeys(async (_others, other) => {
        await assert.rejects(keyStore.epochs.follow(other.epochs.fenceAt(1)), /must share one keys folder/);
        await assert.rejects(
          keyStore.epochs.follow({ epoch: 2, check: randomBytes(32) }),
          /epoch 2 is not in the key store/,
        );
      }),
    ));

  it('are not destroyed while they are current', () =>
    withKeys(async (_keys, keyStore) => {
      await assert.rejects(keyStore.epochs.destroy(1, later), KeysRefused);
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
