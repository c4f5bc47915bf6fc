import assert from 'node:assert/strict';
import { sign, verify } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { initKeys } from '../../src/vault/keystore.ts';
import { KeysRefused } from '../../src/vault/master-key.ts';
import { openSigningKeys, rotateSigningKeys } from '../../src/vault/signing-keys.ts';
import { someDay, withFolder } from './kit.ts';

const withKeys = (run: (keys: string, file: string) => Promise<void>) =>
  withFolder(async (folder) => {
    const keys = join(folder, 'keys');
    await initKeys(keys, someDay);
    await run(keys, join(keys, 'signing.json'));
  });

const text = Buffer.from('a checkpoint');

describe('signing keys', () => {
  it('are made once, for this user alone, and stay the same', () =>
    withKeys(async (keys, file) => {
      const [first, ...others] = await openSigningKeys(keys, someDay);
      assert.deepEqual(others, []);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const [again] = await openSigningKeys(keys, someDay + 1);
      assert.equal(again!.createdAt, first!.createdAt);
      assert.ok(verify(null, text, again!.publicKey, sign(null, text, first!.privateKey!)));
    }));

  it('overlap: the newest two sign, and older ones are destroyed but still verify', () =>
    withKeys(async (keys, file) => {
      const [first] = await openSigningKeys(keys, someDay);
      const signature = sign(null, text, first!.privateKey!);
      const two = await rotateSigningKeys(keys, someDay + 1);
      assert.deepEqual(
        two.map(({ privateKey }) => privateKey !== undefined),
        [true, true],
      );
      const three = await rotateSigningKeys(keys, someDay + 2);
      assert.deepEqual(
        three.map(({ privateKey }) => privateKey !== undefined),
        [false, true, true],
      );
      assert.ok(verify(null, text, three[0]!.publicKey, signature));
      assert.equal(JSON.parse(await readFile(file, 'utf8')).keys[0].wrapped, undefined);
    }));

  it('are refused where the file is damaged, open to others, or of another master key', () =>
    withKeys(async (keys, file) => {
      await openSigningKeys(keys, someDay);
      await chmod(file, 0o644);
      await assert.rejects(openSigningKeys(keys, someDay), KeysRefused);
      await chmod(file, 0o600);
      const master = join(keys, 'master.key');
      const before = await readFile(master);
      await writeFile(master, `${Buffer.alloc(32, 7).toString('base64')}\n`);
      await assert.rejects(openSigningKeys(keys, someDay), KeysRefused);
      await writeFile(master, before);
      await writeFile(file, '{"version":1,"keys":[]}');
      await assert.rejects(openSigningKeys(keys, someDay), KeysRefused);
    }));
});
