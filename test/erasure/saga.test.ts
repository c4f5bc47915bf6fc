import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { steps } from '../../src/erasure/saga.ts';
import { withFolder } from '../vault/kit.ts';
import { approvedErasure, assertErased, newKeys, openErasing, tenant, type Wrap } from './saga-kit.ts';

class Crash extends Error {}

const suppression = { ground: 'b', reason: 'a refusal must stand' } as const;

/**
 * Counts the calls of every port, and crashes at one of them: before it has its effect, or after it had it and before
 * anybody heard. Nothing is done after a crash.
 */
const crashing = (at?: { readonly call: number; readonly when: 'before' | 'after' }) => {
  const calls: string[] = [];
  let dead = false;
  let destroyed = 0;
  const wrap: Wrap = (name, port) =>
    new Proxy(port, {
      get: (target, member) => {
        const value = Reflect.get(target, member);
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          if (dead) throw new Crash();
          calls.push(`${name}.${String(member)}`);
          const here = at?.call === calls.length - 1 ? at.when : undefined;
          dead = here !== undefined;
          if (here === 'before') throw new Crash();
          const result: unknown = await value.apply(target, given);
          if (`${name}.${String(member)}` === 'vault.destroy' && result === true) destroyed += 1;
          if (here === 'after') throw new Crash();
          return result;
        };
      },
    });
  return { wrap, calls, destroyed: () => destroyed };
};

describe('an erasure that is interrupted', () => {
  it('at each call of each port, before or after its effect, ends erased, and nothing is done twice', (t) =>
    withFolder(async (folder) => {
      await newKeys(folder);
      let erasing = await openErasing(folder);
      const whole = crashing();
      const first = await approvedErasure(erasing, 'whole', suppression);
      await erasing.carryOut(first.erasureId, whole.wrap);
      await assertErased(erasing, first);
      const table = whole.calls.flatMap((name, call) =>
        (['before', 'after'] as const).map((when) => ({ name, call, when })),
      );
      assert.ok(table.length >= 20, whole.calls.join());
      const people = [];
      let destroyed = 0;
      for (const { name, call, when } of table) {
        const title = `${when} call ${call}, ${name}`;
        const person = await approvedErasure(erasing, title, suppression);
        const crash = crashing({ call, when });
        await erasing.carryOut(person.erasureId, crash.wrap).catch((error) => {
          assert.ok(error instanceof Crash, title);
        });
        assert.equal(crash.calls[call], name, title);
        destroyed += crash.destroyed();
        people.push({ ...person, title });
      }
      await erasing.close();

      erasing = await openErasing(folder);
      const again = crashing();
      assert.equal((await erasing.work(again.wrap).pass()).failed, 0);
      for (const person of people) {
        await assertErased(erasing, person);
        assert.equal(await erasing.ledger.keyring.isSuppressed(tenant, person.patient), true, person.title);
      }
      destroyed += again.destroyed() + erasing.ledger.destroyedAgain;
      assert.equal(destroyed, people.length, 'each key was destroyed once');
      t.diagnostic(`${table.length} points, at ${[...new Set(whole.calls)].join(', ')}`);
      await erasing.close();
    }));

  it('by a loss of power at each step ends erased', () =>
    withFolder(async (folder) => {
      await newKeys(folder);
      let erasing = await openErasing(folder);
      const people = [];
      for (const at of [...steps, 'done'])
        people.push({ at, ...(await approvedErasure(erasing, at, suppression)) });
      await erasing.close();
      const program = fileURLToPath(new URL('./killed.ts', import.meta.url));
      const env = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
      for (const { at, erasureId } of people) {
        const child = spawn(process.execPath, [program, folder, erasureId, at], { env, stdio: 'inherit' });
        assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'], at);
      }
      erasing = await openErasing(folder);
      assert.equal((await erasing.work().pass()).failed, 0);
      for (const person of people) await assertErased(erasing, person);
      await erasing.close();
    }));

  it('is carried out once by two that do it at the same time', () =>
    withFolder(async (folder) => {
      await newKeys(folder);
      const erasing = await openErasing(folder);
      const person = await approvedErasure(erasing, 'P', suppression);
      const [one, other] = [crashing(), crashing()];
      await Promise.all([erasing.work(one.wrap).pass(), erasing.work(other.wrap).pass()]);
      await erasing.work().pass();
      await assertErased(erasing, person);
      assert.equal(one.destroyed() + other.destroyed(), 1);
      await erasing.close();
    }));
});
