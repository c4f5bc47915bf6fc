import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Vault, VaultEntry } from '../../src/vault/port.ts';

/** A vault of its own for one test, and how to open the same one again. */
export type OpenVault = () => Promise<{
  readonly vault: Vault;
  readonly reopen: () => Promise<Vault>;
  readonly cleanup: () => Promise<void>;
}>;

const newEntry = (epoch = 1): VaultEntry => ({ subject: randomUUID(), epoch, wrapped: randomBytes(60) });
const fenceAt = (epoch: number) => ({ epoch, check: randomBytes(32) });
const first = fenceAt(1);
const newHash = (): Buffer => randomBytes(32);

/** What every adapter of the Vault port must hold to. */
export const vaultContract = (name: string, open: OpenVault): void => {
  const test = (what: string, run: (vault: Vault, reopen: () => Promise<Vault>) => Promise<void>): void => {
    it(what, { timeout: 60_000 }, async () => {
      const { vault, reopen, cleanup } = await open();
      await vault.advance(undefined, first);
      try {
        await run(vault, reopen);
      } finally {
        await cleanup();
      }
    });
  };

  describe(`Vault contract: ${name}`, () => {
    test('an empty vault knows nobody', async (vault) => {
      assert.equal(await vault.find(newHash()), undefined);
      assert.equal(await vault.get(randomUUID()), undefined);
      assert.deepEqual(await vault.page(undefined, 10), []);
      assert.deepEqual(await vault.epochs(), new Map());
    });

    test('an admitted entry is found by its identifier and by its subject, byte for byte', async (vault) => {
      const [hash, entry] = [newHash(), newEntry()];
      assert.deepEqual(await vault.admit(hash, entry), entry);
      assert.deepEqual(await vault.find(hash), entry);
      assert.deepEqual(await vault.get(entry.subject), entry);
      assert.equal(await vault.find(newHash()), undefined);
    });

    test('an entry is there after the vault was closed and opened again', async (vault, reopen) => {
      const [hash, entry] = [newHash(), newEntry()];
      await vault.admit(hash, entry);
      await vault.close();
      const again = await reopen();
      assert.deepEqual(await again.find(hash), entry);
    });

    test('who admits an identifier again gets the entry that stands', async (vault) => {
      const [hash, first, second] = [newHash(), newEntry(), newEntry()];
      await vault.admit(hash, first);
      assert.deepEqual(await vault.admit(hash, second), first);
      assert.equal(await vault.get(second.subject), undefined);
    });

    test('of many that admit one identifier at once, all get the same entry', async (vault) => {
      const hash = newHash();
      const entries = await Promise.all(Array.from({ length: 32 }, () => vault.admit(hash, newEntry())));
      assert.equal(new Set(entries.map(({ subject }) => subject)).size, 1);
      assert.equal((await vault.page(undefined, 100)).length, 1);
    });

    test('admissions side by side are all kept', async (vault) => {
      const entries = Array.from({ length: 200 }, () => newEntry());
      await Promise.all(entries.map((entry) => vault.admit(newHash(), entry)));
      assert.deepEqual(await vault.epochs(), new Map([[1, 200]]));
    });

    test('pages come in order of subject, each entry once', async (vault) => {
      const entries = Array.from({ length: 25 }, () => newEntry());
      for (const entry of entries) await vault.admit(newHash(), entry);
      const seen: VaultEntry[] = [];
      for (;;) {
        const page = await vault.page(seen.at(-1)?.subject, 10);
        assert.ok(page.length <= 10);
        if (page.length === 0) break;
        seen.push(...page);
      }
      const expected = entries.toSorted((one, other) => (one.subject < other.subject ? -1 : 1));
      assert.deepEqual(seen, expected);
    });

    test('rewrapping replaces the wrapping and its epoch, and nothing else', async (vault) => {
      const [hash, old, other] = [newHash(), newEntry(1), newEntry(1)];
      await vault.admit(hash, old);
      await vault.admit(newHash(), other);
      await vault.advance(1, fenceAt(2));
      const wrapped = randomBytes(60);
      assert.equal(await vault.rewrap([{ subject: old.subject, epoch: 2, wrapped }], 1), 1);
      assert.deepEqual(await vault.find(hash), { subject: old.subject, epoch: 2, wrapped });
      assert.deepEqual(await vault.get(other.subject), other);
      assert.deepEqual(
        await vault.epochs(),
        new Map([
          [1, 1],
          [2, 1],
        ]),
      );
    });

    test('rewrapping leaves what is no longer of the old epoch, and revives nothing', async (vault) => {
      await vault.advance(1, fenceAt(2));
      const [hash, newer] = [newHash(), newEntry(2)];
      await vault.admit(hash, newer);
      const late = { ...newer, wrapped: randomBytes(60) };
      assert.equal(await vault.rewrap([late, newEntry(2)], 1), 0);
      assert.deepEqual(await vault.find(hash), newer);
      assert.equal((await vault.page(undefined, 10)).length, 1);
    });

    test('the fence is set once, and moves from where it stands alone', async (vault, reopen) => {
      assert.deepEqual(await vault.advance(undefined, fenceAt(7)), first, 'it was set');
      const second = fenceAt(2);
      assert.deepEqual(await vault.advance(1, second), second);
      assert.deepEqual(await vault.advance(1, fenceAt(2)), second, 'another was faster');
      assert.deepEqual(await vault.fence(), second);
      await vault.close();
      assert.deepEqual(await (await reopen()).fence(), second);
    });

    test('of many that move the fence at once one does, and all are told of it', async (vault) => {
      const told = await Promise.all(Array.from({ length: 16 }, () => vault.advance(1, fenceAt(2))));
      for (const fence of told) assert.deepEqual(fence, told[0]);
    });

    test('nothing is admitted or rewrapped but at the epoch of the fence', async (vault) => {
      const [hash, standing] = [newHash(), newEntry(1)];
      await vault.admit(hash, standing);
      await vault.advance(1, fenceAt(2));
      await assert.rejects(vault.admit(newHash(), newEntry(1)), { name: 'EpochPassed' });
      await assert.rejects(vault.admit(newHash(), newEntry(3)), { name: 'EpochPassed' });
      await assert.rejects(vault.rewrap([{ ...standing, epoch: 3 }], 1), { name: 'EpochPassed' });
      assert.deepEqual(await vault.page(undefined, 10), [standing]);
      assert.deepEqual(await vault.admit(hash, newEntry(1)), standing, 'who is there already is found');
    });

    test('once the fence has moved, all that is ever admitted under the old epoch is there', async (vault, reopen) => {
      const other = await reopen();
      let admitted = 0;
      const admit = async (): Promise<void> => {
        for (;;) {
          await vault.admit(newHash(), newEntry(1));
          admitted += 1;
        }
      };
      const admitting = Array.from({ length: 8 }, () => assert.rejects(admit, { name: 'EpochPassed' }));
      while (admitted < 50) await sleep(1);
      await other.advance(1, fenceAt(2));
      const seen = (await other.epochs()).get(1);
      await Promise.all(admitting);
      assert.equal(seen, admitted);
    });

    test('what is destroyed is gone, by identifier and by subject, for good, and nothing else', async (vault, reopen) => {
      const [hash, entry, otherHash, other] = [newHash(), newEntry(), newHash(), newEntry()];
      await vault.admit(hash, entry);
      await vault.admit(otherHash, other);
      assert.equal(await vault.destroy(entry.subject), true);
      await vault.close();
      const again = await reopen();
      assert.equal(await again.find(hash), undefined);
      assert.equal(await again.get(entry.subject), undefined);
      assert.deepEqual(await again.page(undefined, 10), [other]);
      assert.deepEqual(await again.find(otherHash), other);
    });

    test('destroying again, or whom nobody knows, changes nothing and says so', async (vault) => {
      const entry = newEntry();
      await vault.admit(newHash(), entry);
      assert.equal(await vault.destroy(entry.subject), true);
      assert.equal(await vault.destroy(entry.subject), false);
      assert.equal(await vault.destroy(randomUUID()), false);
    });

    test('an identifier whose subject was destroyed admits a new one', async (vault) => {
      const [hash, entry, fresh] = [newHash(), newEntry(), newEntry()];
      await vault.admit(hash, entry);
      await vault.destroy(entry.subject);
      assert.deepEqual(await vault.admit(hash, fresh), fresh);
      assert.equal(await vault.get(entry.subject), undefined);
    });

    test('of those who admit an identifier while its subject is destroyed, each gets one that stood', async (vault) => {
      const [hash, entry] = [newHash(), newEntry()];
      await vault.admit(hash, entry);
      const [, ...admitted] = await Promise.all([
        vault.destroy(entry.subject),
        ...Array.from({ length: 16 }, () => vault.admit(hash, newEntry())),
      ]);
      const standing = await vault.find(hash);
      assert.notEqual(standing?.subject, entry.subject);
      for (const { subject } of admitted)
        assert.ok(subject === entry.subject || subject === standing?.subject);
    });

    test('what was suppressed is known by its identifier alone, and stays so once it is destroyed', async (vault, reopen) => {
      const [hash, entry] = [newHash(), newEntry()];
      await vault.admit(hash, entry);
      assert.equal(await vault.isSuppressed(hash), false);
      await vault.suppress(entry.subject);
      await vault.suppress(entry.subject);
      await vault.destroy(entry.subject);
      await vault.suppress(entry.subject);
      await vault.close();
      const again = await reopen();
      assert.equal(await again.isSuppressed(hash), true);
      assert.equal(await again.isSuppressed(newHash()), false);
      assert.equal(await again.find(hash), undefined);
    });

    test('rewrapping revives nothing that was destroyed', async (vault) => {
      const entry = newEntry(1);
      await vault.admit(newHash(), entry);
      await vault.destroy(entry.subject);
      await vault.advance(1, fenceAt(2));
      assert.equal(await vault.rewrap([{ ...entry, epoch: 2 }], 1), 0);
      assert.deepEqual(await vault.page(undefined, 10), []);
    });

    test('a closed vault rejects with VaultUnavailable', async (vault) => {
      await vault.close();
      for (const call of [
        () => vault.find(newHash()),
        () => vault.get(randomUUID()),
        () => vault.page(undefined, 1),
        () => vault.epochs(),
        () => vault.admit(newHash(), newEntry()),
        () => vault.destroy(randomUUID()),
        () => vault.suppress(randomUUID()),
        () => vault.isSuppressed(newHash()),
        () => vault.rewrap([newEntry(2)], 1),
        () => vault.fence(),
        () => vault.advance(1, fenceAt(2)),
      ])
        await assert.rejects(call, { code: 'vault-unavailable' });
    });
  });
};
