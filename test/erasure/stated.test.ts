import assert from 'node:assert/strict';
import { it } from 'node:test';
import { statingIn } from '../../src/erasure/stated.ts';
import type { Retirement } from '../../src/vault/retirement.ts';
import { withFolder } from '../vault/kit.ts';
import { approvedErasure, newKeys, openErasing } from './saga-kit.ts';

it('an erasure is stated to be irrecoverable since its epoch ended, where that came after it', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    try {
      const { erasureId } = await approvedErasure(erasing, 'one');
      assert.equal((await erasing.work().pass()).executed, 1);
      const { store: log, keyring } = erasing.ledger;
      const statedWhere = async (retirement: Partial<Retirement> | undefined) => {
        let asked = 0;
        const epochs = { retirementOf: () => Promise.resolve(asked++ === 0 ? retirement : undefined) };
        const statedOf = statingIn({ log, keyring, epochs });
        const stated = await statedOf(erasureId);
        assert.deepEqual(await statedOf(erasureId), stated, 'one run says the same of an epoch');
        return [stated?.epochRetired, stated?.irrecoverableSince];
      };
      const after = '2999-01-01T00:00:00.000Z';
      const before = '2000-01-01T00:00:00.000Z';
      assert.deepEqual(await statedWhere(undefined), [false, undefined]);
      assert.deepEqual(await statedWhere({ epoch: 1, retiredAt: after }), [true, after]);
      assert.deepEqual(await statedWhere({}), [true, undefined], 'of which there is no note');
      assert.deepEqual(
        await statedWhere({ epoch: 1, retiredAt: before }),
        [true, undefined],
        'the data key was wrapped anew under a later epoch',
      );
    } finally {
      await erasing.close();
    }
  }));
