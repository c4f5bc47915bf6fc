import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openKeyring } from '../../src/vault/keyring.ts';
import { LruCache } from '../../src/vault/lru.ts';
import { randomBytesPooled } from '../../src/vault/random.ts';
import { openVaultKit, type VaultKit, withFolder } from './kit.ts';

const randomModule = new URL('../../src/vault/random.ts', import.meta.url).href;
const patient = { system: 'urn:test', value: 'P-1' };
const withKit = (run: (kit: VaultKit) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const kit = await openVaultKit(folder);
    try {
      await run(kit);
    } finally {
      await kit.vault.close();
    }
  });

describe('the keyring', () => {
  it('does not know who was never admitted, and admits nobody by looking', () =>
    withKit(async ({ keyring, vault }) => {
      assert.equal(await keyring.find('north', patient), undefined);
      assert.equal(keyring.peek('north', patient), undefined);
      assert.equal(await keyring.keyOf(randomUUID()), undefined);
      assert.deepEqual(await vault.epochs(), new Map());
    }));

  it('admits once: the same subject and key for the same patient, also after a restart', () =>
    withKit(async ({ keyring, vault, keyStore }) => {
      const admitted = await keyring.admit('north', patient);
      assert.deepEqual(await keyring.admit('north', patient), admitted);
      assert.equal((await keyring.find('north', patient))?.key, admitted.key, 'made once');
      const fresh = openKeyring({ vault, keyStore, uuid: randomUUID });
      const found = await fresh.find('north', patient);
      assert.equal(found?.subject, admitted.subject);
      assert.ok(found?.key.equals(admitted.key));
    }));

  it('admits once where many do at the same time', () =>
    withKit(async ({ vault, keyStore }) => {
      const keyrings = Array.from({ length: 8 }, () => openKeyring({ vault, keyStore, uuid: randomUUID }));
      const admitted = await Promise.all(keyrings.map((keyring) => keyring.admit('north', patient)));
      for (const { subject, key } of admitted) {
        assert.equal(subject, admitted[0]!.subject);
        assert.ok(key.equals(admitted[0]!.key));
      }
    }));

  it('keeps tenants and systems apart', () =>
    withKit(async ({ keyring }) => {
      const all = [
        await keyring.admit('north', patient),
        await keyring.admit('south', patient),
        await keyring.admit('north', { system: 'urn:tes', value: 'tP-1' }),
        await keyring.admit('northu', { system: 'rn:test', value: 'P-1' }),
      ];
      assert.equal(new Set(all.map(({ subject }) => subject)).size, 4);
    }));

  it('peeks into the cache alone', () =>
    withKit(async ({ keyring, vault, keyStore }) => {
      const { subject, key } = await keyring.admit('north', patient);
      assert.equal(keyring.peek('north', patient)?.subject, subject);
      assert.equal(keyring.peekKey(subject), key);
      const fresh = openKeyring({ vault, keyStore, uuid: randomUUID });
      assert.equal(fresh.peek('north', patient), undefined);
      assert.equal(fresh.peekKey(subject), undefined);
      assert.ok((await fresh.keyOf(subject))?.equals(key));
      assert.ok(fresh.peekKey(subject)?.equals(key));
    }));

  it('still finds who fell out of its cache', () =>
    withKit(async ({ vault, keyStore }) => {
      const small = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: 2 });
      const admitted = [];
      for (let n = 0; n < 5; n += 1)
        admitted.push(await small.admit('north', { system: 'urn:test', value: `${n}` }));
      assert.equal(small.peekKey(admitted[0]!.subject), undefined);
      assert.equal(
        (await small.find('north', { system: 'urn:test', value: '0' }))?.subject,
        admitted[0]!.subject,
      );
    }));

  it('asks the vault again for what it has held too long', () =>
    withKit(async ({ vault, keyStore }) => {
      let now = 0;
      const aging = { vault, keyStore, uuid: randomUUID, maxAgeMs: 1_000, monotonicNow: () => now };
      const keyring = openKeyring(aging);
      const { subject, key } = await keyring.admit('north', patient);
      now = 999;
      assert.equal(keyring.peek('north', patient)?.key, key);
      assert.equal(keyring.peekKey(subject), key);
      now = 1_000;
      assert.equal(keyring.peek('north', patient), undefined);
      assert.equal(keyring.peekKey(subject), undefined);
      assert.ok((await keyring.find('north', patient))?.key.equals(key));
      assert.ok(keyring.peek('north', patient), 'it is held anew');
      now = 2_000;
      await vault.close();
      await assert.rejects(keyring.find('north', patient), { code: 'vault-unavailable' });
      await assert.rejects(keyring.keyOf(subject), { code: 'vault-unavailable' });
    }));

  it('says so when the vault cannot be reached', () =>
    withKit(async ({ keyring, vault }) => {
      await vault.close();
      await assert.rejects(keyring.find('north', patient), { code: 'vault-unavailable' });
      await assert.rejects(keyring.admit('north', patient), { code: 'vault-unavailable' });
    }));
});

describe('the bounded cache', () => {
  it('drops what was used least recently', () => {
    const cache = new LruCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3]);
  });

  it('counts weights, and takes nothing that outweighs all of it', () => {
    const cache = new LruCache<string>(10);
    cache.set('a', 'a', 6);
    cache.set('b', 'b', 6);
    assert.deepEqual([cache.peek('a'), cache.peek('b')], [undefined, 'b']);
    cache.set('b', 'too heavy', 11);
    assert.equal(cache.peek('b'), undefined, 'and keeps no older value for it');
    cache.set('c', 'c', 5);
    cache.set('c', 'again', 5);
    cache.set('d', 'd', 5);
    assert.deepEqual([cache.peek('c'), cache.peek('d'), cache.size], ['again', 'd', 2]);
  });
});

describe('pooled random bytes', () => {
  it('never come twice, over many fillings of the pool, and do not change afterwards', () => {
    const given = Array.from({ length: 20_000 }, () => randomBytesPooled(12));
    assert.equal(new Set(given.map((bytes) => bytes.toString('hex'))).size, 20_000);
    assert.ok(given.every((bytes) => bytes.length === 12));
  });

  it('of two threads have nothing in common', async () => {
    const script = `
      const { randomBytesPooled } = await import(${JSON.stringify(randomModule)});
      const { parentPort } = await import('node:worker_threads');
      parentPort.postMessage(Array.from({ length: 2_000 }, () => randomBytesPooled(12).toString('hex')));
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const [theirs] = (await once(worker, 'message')) as [string[]];
    const mine = Array.from({ length: 2_000 }, () => randomBytesPooled(12).toString('hex'));
    assert.equal(new Set([...theirs, ...mine]).size, 4_000);
  });

  it('come in every size up to the pool’s', () => {
    assert.equal(randomBytesPooled(16_384).length, 16_384);
    assert.throws(() => randomBytesPooled(16_385), RangeError);
  });
});
