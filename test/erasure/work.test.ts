import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withFolder } from '../vault/kit.ts';
import { approvedErasure, assertErased, newKeys, openErasing, tenant } from './saga-kit.ts';

const dayMs = 86_400_000;

it('an erasure that breaks is in no other one’s way, is counted as open, and is carried out by a later pass', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    try {
      const people: Awaited<ReturnType<typeof approvedErasure>>[] = [];
      for (const value of ['one', 'two', 'three']) people.push(await approvedErasure(erasing, value));
      const failing = erasing.work(undefined, (id) => {
        if (id === people[0]!.erasureId) throw new Error('it broke');
      });
      const pass = await failing.pass();
      assert.deepEqual([pass.executed, pass.failed, String(pass.broken)], [2, 1, 'Error: it broke']);
      assert.deepEqual(failing.last.open, { 'in-time': 1, 'due-soon': 0, overdue: 0 });
      const late = erasing.work(
        undefined,
        () => {
          throw new Error('it broke');
        },
        { clock: () => Date.now() + 40 * dayMs },
      );
      assert.equal((await late.pass()).open.overdue, 1, 'one that was approved and is not carried out');
      const last = await erasing.work().pass();
      assert.deepEqual([last.executed, last.failed, 'broken' in last], [1, 0, false]);
      for (const person of people) await assertErased(erasing, person);
    } finally {
      await erasing.close();
    }
  }));

it('a request is forgotten once its own retention is over, at once and for good', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    const { vault, erasures, keyring } = erasing.ledger;
    try {
      const { erasureId } = await approvedErasure(erasing, 'one');
      const work = (days: number) =>
        erasing.work(undefined, undefined, {
          erasures,
          clock: () => Date.now() + days * dayMs,
          retentionDays: 1000,
        });
      assert.deepEqual([(await work(0).pass()).executed, (await work(999).pass()).forgotten], [1, 0]);
      assert.equal((await erasures.find(tenant, erasureId)).ok, true);
      assert.equal((await work(1000).pass()).forgotten, 1);
      assert.equal(await vault.get(erasureId), undefined);
      assert.equal(keyring.peekKey(erasureId), undefined, 'its key is in no cache');
      const found = await erasures.find(tenant, erasureId);
      assert.equal(found.ok ? 'found' : found.error.code, 'erasure-unknown');
      assert.equal((await work(1000).pass()).forgotten, 0, 'there is nothing left to forget');
    } finally {
      await erasing.close();
    }
  }));
