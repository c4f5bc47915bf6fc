import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { initKeysCommand, type KeyPlaces, keysStatusCommand, rotateKeysCommand } from '../../src/cli/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault } from '../../src/vault/port.ts';
import { keysStatus, rotateEpoch } from '../../src/vault/rotation.ts';
import { openVaultKit, someDay, type VaultKit, withFolder } from './kit.ts';

const later = someDay + 86_400_000;
const placesIn = (folder: string): KeyPlaces => ({
  dataFolder: folder,
  keysFolder: join(folder, 'keys'),
  vault: 'sqlite',
  postgres: { tls: 'verify', connections: 8 },
});
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
      const rotation = await rotateEpoch(kit.keys, kit.vault, later, (done, total) =>
        seen.push([done, total]),
      );
      assert.deepEqual(rotation, { epoch: 2, resumed: false, rewrapped: 25 });
      assert.deepEqual(seen.at(-1), [25, 25]);
      assert.deepEqual(await kit.vault.epochs(), new Map([[2, 25]]));
      await requireSameKeys(kit, 25);
      const old = (await kit.keyring.find('north', patientOf(0)))!;
      const entry = (await kit.vault.get(old.subject))!;
      const keyStore = await openKeyStore(kit.keys);
      assert.throws(() => keyStore.dataKey({ ...entry, epoch: 1 }), /epoch 1 is not in the key store/);
      assert.doesNotMatch(await readFile(join(kit.keys, 'keys.json'), 'utf8'), /"epoch": 1/);
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
      await assert.rejects(rotateEpoch(kit.keys, broken, later), /the power failed/);
      const between = await keysStatus(kit.keys, kit.vault);
      assert.ok(between.rotating);
      assert.deepEqual(
        between.epochs.map(({ epoch, subjects, current }) => ({ epoch, subjects, current })),
        [
          { epoch: 1, subjects: 6, current: false },
          { epoch: 2, subjects: 4, current: true },
        ],
      );
      await requireSameKeys(kit, 10);
      const rotation = await rotateEpoch(kit.keys, kit.vault, later);
      assert.deepEqual(rotation, { epoch: 2, resumed: true, rewrapped: 6 });
      await requireSameKeys(kit, 10);
      assert.notDeepEqual(await kit.vault.get(first!.subject), first);
    }));

  it('keeps the old epoch where the vault says that something still hangs on it', () =>
    withPatients(3, async (kit) => {
      const forgetful: Vault = { ...kit.vault, rewrap: async () => 0 };
      await assert.rejects(rotateEpoch(kit.keys, forgetful, later), /run it again/);
      await requireSameKeys(kit, 3);
    }));

  it('of an empty vault makes a new epoch', () =>
    withPatients(0, async (kit) => {
      assert.deepEqual(await rotateEpoch(kit.keys, kit.vault, later), {
        epoch: 2,
        resumed: false,
        rewrapped: 0,
      });
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
      assert.match(
        await rotateKeysCommand(placesIn(folder), later, () => {}),
        /complete: 0 data keys .* epoch 2/,
      );
      assert.match(await keysStatusCommand(placesIn(folder)), /epoch 2 {2}since 2026-03-02/);
    }));

  it('rotate is refused while a server runs on the folder', () =>
    withFolder(async (folder) => {
      await initKeysCommand(placesIn(folder), someDay);
      const store = await openSqliteStore({ folder, clock: Date.now });
      try {
        await assert.rejects(
          rotateKeysCommand(placesIn(folder), later, () => {}),
          /in use by another process/,
        );
      } finally {
        await store.close();
      }
      assert.match(await keysStatusCommand(placesIn(folder)), /epoch 1/);
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
