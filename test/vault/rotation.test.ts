import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { initKeysCommand, type KeyPlaces, keysStatusCommand, rotateKeysCommand } from '../../src/cli/keys.ts';
import { EpochUnknown } from '../../src/vault/epoch-keys.ts';
import { requireOpenable } from '../../src/vault/fence.ts';
import { openKeyring, type SubjectKey } from '../../src/vault/keyring.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault } from '../../src/vault/port.ts';
import { keysStatus, rotateEpoch } from '../../src/vault/rotation.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';
import { openVaultKit, someDay, type VaultKit, withFolder } from './kit.ts';

const later = someDay + 86_400_000;
const placesIn = (folder: string): KeyPlaces => ({
  dataFolder: folder,
  keysFolder: join(folder, 'keys'),
  vault: 'sqlite',
  postgres: { tls: 'verify', connections: 8 },
});
const silent = { show: () => {}, end: () => {} };
const rotate = (places: KeyPlaces) =>
  rotateKeysCommand(places, () => later, silent, new AbortController().signal);
const patientOf = (n: number) => ({ system: 'urn:test', value: `P-${n}` });

const withPatients = (count: number, run: (kit: VaultKit, folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const kit = await openVaultKit(folder);
    try {
      await Promise.all(Array.from({ length: count }, (_, n) => kit.keyring.admit('north', patientOf(n))));
      await run(kit, folder);
    } finally {
      await kit.vault.close();
    }
  });

const backUp = async (file: string, to: string): Promise<void> => {
  const database = new Database(file, { readonly: true });
  await database.backup(to);
  database.close();
};

/** Every patient still has the key that sealed what is recorded about it. */
const requireSameKeys = async (kit: VaultKit, count: number): Promise<void> => {
  const keyStore = await openKeyStore(kit.keys);
  const fresh = openKeyring({ vault: kit.vault, keyStore, uuid: randomUUID });
  for (let n = 0; n < count; n += 1) {
    const before = await kit.keyring.find('north', patientOf(n));
    const after = await fresh.find('north', patientOf(n));
    assert.ok(before && after?.key.equals(before.key), `patient ${n}`);
  }
};

describe('keys rotate', () => {
  it('wraps every data key under a new epoch, forgets the old one, and shows progress', () =>
    withPatients(25, async (kit, folder) => {
      await cp(join(folder, 'vault'), join(folder, 'lost-backup'), { recursive: true });
      const seen: [number, number][] = [];
      const onProgress = (done: number, total: number) => seen.push([done, total]);
      const rotation = await rotateEpoch({ ...kit, clock: () => later, onProgress });
      assert.deepEqual(rotation, { epoch: 2, resumed: false, rewrapped: 25 });
      assert.deepEqual(seen.at(-1), [25, 25]);
      assert.deepEqual(await kit.vault.epochs(), new Map([[2, 25]]));
      await requireSameKeys(kit, 25);
      const old = (await kit.keyring.find('north', patientOf(0)))!;
      const entry = (await kit.vault.get(old.subject))!;
      const keyStore = await openKeyStore(kit.keys);
      assert.throws(() => keyStore.dataKey({ ...entry, epoch: 1 }), /epoch 1 is not in the key store/);
      assert.deepEqual((await readdir(kit.keys)).sort(), [
        'epoch-2.json',
        'keys.json',
        'master.key',
        'retired-1.json',
      ]);
    }));

  it('goes on where it was interrupted, under the same epoch', () =>
    withPatients(10, async (kit) => {
      const [first] = await kit.vault.page(undefined, 1);
      const broken: Vault = {
        ...kit.vault,
        rewrap: async (entries, fromEpoch) => {
          await kit.vault.rewrap(entries.slice(0, 4), fromEpoch);
          throw new Error('the power failed');
        },
      };
      await assert.rejects(rotateEpoch({ ...kit, vault: broken, clock: () => later }), /the power failed/);
      const between = await keysStatus(kit.keyStore, kit.vault);
      assert.ok(between.rotating);
      assert.deepEqual(
        between.epochs.map(({ epoch, subjects, current }) => ({ epoch, subjects, current })),
        [
          { epoch: 1, subjects: 6, current: false },
          { epoch: 2, subjects: 4, current: true },
        ],
      );
      await requireSameKeys(kit, 10);
      const rotation = await rotateEpoch({ ...kit, clock: () => later });
      assert.deepEqual(rotation, { epoch: 2, resumed: true, rewrapped: 6 });
      await requireSameKeys(kit, 10);
      assert.notDeepEqual(await kit.vault.get(first!.subject), first);
    }));

  it('keeps the old epoch where the vault says that something still hangs on it', () =>
    withPatients(3, async (kit) => {
      const forgetful: Vault = { ...kit.vault, rewrap: async () => 0 };
      await assert.rejects(rotateEpoch({ ...kit, vault: forgetful, clock: () => later }), /run it again/);
      await requireSameKeys(kit, 3);
    }));

  it('of an empty vault makes a new epoch', () =>
    withPatients(0, async (kit) => {
      assert.deepEqual(await rotateEpoch({ ...kit, clock: () => later }), {
        epoch: 2,
        resumed: false,
        rewrapped: 0,
      });
    }));
});

describe('a rotation under a service that goes on', () => {
  it('loses nobody who is admitted meanwhile, by however many keyrings', () =>
    withPatients(200, async (kit) => {
      let going = true;
      let names = 200;
      const admitted = new Map<number, SubjectKey>();
      const serve = async (): Promise<void> => {
        const keyring = openKeyring({
          vault: kit.vault,
          keyStore: await openKeyStore(kit.keys),
          uuid: randomUUID,
          cacheSize: 1,
        });
        while (going) {
          const name = names++;
          admitted.set(name, await keyring.admit('north', patientOf(name)));
          assert.ok(await keyring.find('north', patientOf(name % 200)));
        }
      };
      const serving = Array.from({ length: 3 }, serve);
      const rotating = openSqliteVault({ file: kit.file });
      for (let epoch = 2; epoch <= 4; epoch += 1) {
        const before = admitted.size;
        while (admitted.size < before + 20) await sleep(1);
        const keyStore = await openKeyStore(kit.keys);
        assert.equal((await rotateEpoch({ vault: rotating, keyStore, clock: () => later })).epoch, epoch);
      }
      going = false;
      await Promise.all(serving);
      await rotating.close();
      const keyStore = await openKeyStore(kit.keys);
      assert.deepEqual(
        keyStore.epochs.list().map(({ epoch }) => epoch),
        [4],
      );
      const fresh = openKeyring({ vault: kit.vault, keyStore, uuid: randomUUID });
      for (const [name, { subject, key }] of admitted) {
        const found = await fresh.find('north', patientOf(name));
        assert.ok(found?.subject === subject && found.key.equals(key), `patient ${name}`);
      }
      await requireSameKeys(kit, 200);
    }));

  it('of several that run at once, each ends well, and no key is lost', () =>
    withPatients(50, async (kit) => {
      const rotate = async () =>
        rotateEpoch({ ...kit, keyStore: await openKeyStore(kit.keys), clock: () => later });
      const rotations = await Promise.allSettled([rotate(), rotate(), rotate()]);
      assert.ok(rotations.some(({ status }) => status === 'fulfilled'));
      await rotate();
      await requireSameKeys(kit, 50);
      assert.equal((await readdir(kit.keys)).filter((name) => name.startsWith('epoch')).length, 1);
    }));

  it('ends where it is told to, and goes on when it is run again', () =>
    withPatients(30, async (kit) => {
      const controller = new AbortController();
      const vault: Vault = {
        ...kit.vault,
        page: (after, limit) => {
          if (after !== undefined) controller.abort();
          return kit.vault.page(after, Math.min(limit, 10));
        },
      };
      await assert.rejects(rotateEpoch({ ...kit, vault, clock: () => later, signal: controller.signal }), {
        name: 'AbortError',
      });
      await requireSameKeys(kit, 30);
      const rotation = await rotateEpoch({ ...kit, clock: () => later });
      assert.deepEqual(rotation, { epoch: 2, resumed: true, rewrapped: 20 });
    }));

  it('interrupted before the fence moved: the key that is there is taken', () =>
    withPatients(5, async (kit) => {
      const broken: Vault = { ...kit.vault, advance: () => Promise.reject(new Error('the power failed')) };
      await assert.rejects(rotateEpoch({ ...kit, vault: broken, clock: () => later }), /the power failed/);
      assert.ok(await kit.keyring.admit('north', patientOf(5)), 'at the epoch of the fence');
      const keyStore = await openKeyStore(kit.keys);
      const keyring = openKeyring({ vault: kit.vault, keyStore, uuid: randomUUID });
      assert.ok(await keyring.admit('north', patientOf(6)), 'by a process that starts now, too');
      assert.deepEqual(await kit.vault.epochs(), new Map([[1, 7]]));
      const rotation = await rotateEpoch({ ...kit, clock: () => later });
      assert.deepEqual(rotation, { epoch: 2, resumed: false, rewrapped: 7 });
      await requireSameKeys(kit, 7);
    }));

  it('on a node with a keys folder of its own: the node refuses to admit, and heals with the folder', () =>
    withPatients(2, async (kit, folder) => {
      const own = join(folder, 'own-keys');
      await cp(kit.keys, own, { recursive: true });
      const keyStore = await openKeyStore(own);
      const keyring = openKeyring({ vault: kit.vault, keyStore, uuid: randomUUID });
      assert.ok(await keyring.find('north', patientOf(0)));
      await rotateEpoch({ ...kit, clock: () => later });
      await assert.rejects(keyring.admit('north', patientOf(2)), { code: 'vault-unavailable' });
      await assert.rejects(keyring.find('north', patientOf(1)), { code: 'vault-unavailable' });
      await assert.rejects(rotateEpoch({ vault: kit.vault, keyStore, clock: () => later }), EpochUnknown);
      await cp(join(kit.keys, 'epoch-2.json'), join(own, 'epoch-2.json'));
      assert.ok(await keyring.admit('north', patientOf(2)));
      assert.ok(await keyring.find('north', patientOf(1)));
      await requireSameKeys(kit, 3);
    }));
});

describe('before a start', () => {
  it('vault and keys that belong together are met, and an empty vault gets its fence', () =>
    withPatients(0, async (kit) => {
      await requireOpenable(kit.vault, kit.keyStore);
      assert.deepEqual(await kit.vault.fence(), kit.keyStore.epochs.fenceAt(1));
      await requireOpenable(kit.vault, kit.keyStore);
    }));

  it('a vault from before the epoch was retired is refused, and so is an older keys folder', () =>
    withPatients(3, async (kit, folder) => {
      const [oldVault, oldKeys] = [join(folder, 'old-vault.db'), join(folder, 'old-keys')];
      await cp(kit.keys, oldKeys, { recursive: true });
      await backUp(kit.file, oldVault);
      await rotateEpoch({ ...kit, clock: () => later });
      const restored = openSqliteVault({ file: oldVault });
      await assert.rejects(
        requireOpenable(restored, kit.keyStore),
        /epoch 1, whose key was destroyed.*rotation to epoch 2 \(begun 2026-03-02.*Restore a copy made since/,
      );
      await restored.close();
      await assert.rejects(
        requireOpenable(kit.vault, await openKeyStore(oldKeys)),
        /epoch 2, whose key is not in the keys folder/,
      );
      await requireOpenable(kit.vault, await openKeyStore(kit.keys));
    }));
});

describe('the keys commands', () => {
  it('init, status and rotate say what they did', () =>
    withFolder(async (folder) => {
      assert.match(await initKeysCommand(placesIn(folder), someDay), /Keep a copy of master\.key/);
      assert.match(
        await keysStatusCommand(placesIn(folder)),
        /epoch 1 {2}since 2026-03-01T00:00:00\.000Z {2}0 data keys {2}current/,
      );
      assert.match(await rotate(placesIn(folder)), /complete: 0 data keys .* epoch 2/);
      assert.match(
        await keysStatusCommand(placesIn(folder)),
        /epoch 2 {2}since 2026-03-02.*\nepoch 1 {2}destroyed 2026-03-02T00:00:00\.000Z$/,
      );
    }));
});

describe('the vault in a backup', () => {
  it('opens under no other ledger’s keys', () =>
    withPatients(1, (kit) =>
      withPatients(0, async (other) => {
        const [entry] = await kit.vault.page(undefined, 1);
        assert.throws(() => other.keyStore.dataKey(entry!), /damaged/);
        assert.throws(() => other.keyStore.dataKey({ ...entry!, wrapped: randomBytes(60) }), /damaged/);
      }),
    ));
});
