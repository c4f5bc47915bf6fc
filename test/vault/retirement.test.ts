import assert from 'node:assert/strict';
import { chmod, copyFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import { KeysRefused } from '../../src/vault/master-key.ts';
import { keysStatus, rotateEpoch } from '../../src/vault/rotation.ts';
import { openVaultKit, someDay, withFolder } from './kit.ts';

const dayMs = 86_400_000;
const at = (days: number) => () => someDay + days * dayMs;
const noted = (epoch: number, days: number) => ({ epoch, retiredAt: new Date(at(days)()).toISOString() });

/** A keys folder with epochs 1 and 2, of which the second is current. */
const withEpochs = (run: (keys: string, keyStore: KeyStore) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const keys = join(folder, 'keys');
    await initKeys(keys, someDay);
    const keyStore = await openKeyStore(keys);
    await keyStore.epochs.add(2, someDay);
    await keyStore.epochs.follow(keyStore.epochs.fenceAt(2));
    await run(keys, keyStore);
  });

const remains = (keys: string) => join(keys, 'epoch-1.destroyed');
const record = (keys: string) => join(keys, 'retired-1.json');

describe('the retirement of an epoch', () => {
  it('is noted with its moment, for every node on the folder, and of no epoch that is there or to come', () =>
    withEpochs(async (keys, { epochs }) => {
      const other = await openKeyStore(keys);
      assert.equal(await epochs.retirementOf(1), undefined);
      await epochs.destroy(1, at(1));
      const late = await openKeyStore(keys);
      for (const node of [epochs, other.epochs, late.epochs]) {
        assert.deepEqual(await node.retirementOf(1), noted(1, 1));
        assert.deepEqual([await node.retirementOf(2), await node.retirementOf(3)], [undefined, undefined]);
        assert.deepEqual(await node.retired(10), [noted(1, 1)]);
      }
    }));

  it('by two nodes at once is one, at a moment on which both agree', () =>
    withEpochs(async (keys, { epochs }) => {
      const other = await openKeyStore(keys);
      let now = someDay;
      const clock = () => (now += dayMs);
      await Promise.all([epochs.destroy(1, clock), other.epochs.destroy(1, clock)]);
      const moment = await epochs.retirementOf(1);
      assert.ok(moment?.retiredAt);
      assert.deepEqual(await other.epochs.retirementOf(1), moment);
      assert.deepEqual((await readdir(keys)).sort(), [
        'epoch-2.json',
        'keys.json',
        'master.key',
        'retired-1.json',
      ]);
    }));

  const crashes: Readonly<Record<string, (keys: string, keyStore: KeyStore) => Promise<unknown>>> = {
    'before the key is overwritten': (keys) => rename(join(keys, 'epoch-1.json'), remains(keys)),
    'before it is noted': (_keys, { epochs }) =>
      assert.rejects(
        epochs.destroy(1, () => {
          throw new Error('the power failed');
        }),
        /the power failed/,
      ),
    'before what was overwritten is removed': async (keys, { epochs }) => {
      const { size } = await readFile(join(keys, 'epoch-1.json')).then(({ length }) => ({ size: length }));
      await epochs.destroy(1, at(1));
      await writeFile(remains(keys), Buffer.alloc(size), { mode: 0o600 });
    },
  };
  for (const [when, crash] of Object.entries(crashes))
    it(`interrupted ${when}, is stated by nobody, and completed by the next who looks`, () =>
      withEpochs(async (keys, keyStore) => {
        const wrapped = Buffer.from(
          JSON.parse(await readFile(join(keys, 'epoch-1.json'), 'utf8')).wrapped,
          'base64',
        ).toString('base64');
        await crash(keys, keyStore);
        const isReadable = (await readFile(remains(keys))).includes(wrapped);
        assert.equal(isReadable, when === 'before the key is overwritten');
        const noteIsThere = (await readdir(keys)).includes('retired-1.json');
        assert.ok(!(isReadable && noteIsThere), 'none is noted whose key can be read');
        const { epochs } = await openKeyStore(keys);
        for (const node of [keyStore.epochs, epochs]) assert.equal(await node.retirementOf(1), undefined);
        await epochs.wipeDestroyed(at(2));
        for (const node of [keyStore.epochs, epochs])
          assert.deepEqual(await node.retirementOf(1), noted(1, 2));
        assert.ok(!(await readdir(keys)).includes('epoch-1.destroyed'));
      }));

  it('is over where an older copy of the folder brings the key back, and is noted anew when that is destroyed', () =>
    withFolder(async (folder) => {
      const { keys, keyStore, vault } = await openVaultKit(folder);
      try {
        const copy = join(folder, 'copy');
        await cp(keys, copy, { recursive: true });
        await rotateEpoch({ keyStore, vault, clock: at(1) });
        assert.deepEqual(await keyStore.epochs.retirementOf(1), noted(1, 1));
        await copyFile(join(copy, 'epoch-1.json'), join(keys, 'epoch-1.json'));
        assert.equal(await keyStore.epochs.retirementOf(1), undefined);
        assert.deepEqual((await keysStatus(keyStore, vault)).retired, []);
        await rotateEpoch({ keyStore, vault, clock: at(5) });
        assert.deepEqual(await keyStore.epochs.retirementOf(1), noted(1, 5));
        assert.deepEqual((await keysStatus(keyStore, vault)).retired, [noted(1, 5)]);
      } finally {
        await vault.close();
      }
    }));

  it('from before it was noted is one without a moment', () =>
    withEpochs(async (keys, { epochs }) => {
      await epochs.destroy(1, at(1));
      await rm(record(keys));
      assert.deepEqual(await epochs.retirementOf(1), {});
      assert.deepEqual(await epochs.retired(10), []);
    }));

  it('is not read from a note that is damaged, another’s, or open to others', () =>
    withEpochs(async (keys, { epochs }) => {
      await epochs.destroy(1, at(1));
      for (const text of ['{', '{"epoch":1}', JSON.stringify(noted(2, 1))]) {
        await writeFile(record(keys), text);
        await assert.rejects(epochs.retirementOf(1), KeysRefused, text);
      }
      await writeFile(record(keys), JSON.stringify(noted(1, 1)));
      await chmod(record(keys), 0o644);
      await assert.rejects(epochs.retirementOf(1), KeysRefused);
      await chmod(record(keys), 0o600);
      assert.deepEqual(await epochs.retirementOf(1), noted(1, 1));
    }));

  it('shows in the status of the keys, youngest first', () =>
    withFolder(async (folder) => {
      const { keyStore, vault } = await openVaultKit(folder);
      try {
        for (let day = 1; day <= 12; day += 1) await rotateEpoch({ keyStore, vault, clock: at(day) });
        const { retired } = await keysStatus(keyStore, vault);
        assert.deepEqual(
          retired,
          Array.from({ length: 10 }, (_, n) => noted(12 - n, 12 - n)),
        );
      } finally {
        await vault.close();
      }
    }));
});
