import assert from 'node:assert/strict';
import { it } from 'node:test';
import { statedOf } from '../../src/erasure/stated.ts';
import { withFolder } from '../vault/kit.ts';
import { approvedErasure, newKeys, openErasing } from './saga-kit.ts';

it('an epoch is stated to be retired only where all that there are come after it', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    try {
      const { erasureId } = await approvedErasure(erasing, 'one');
      assert.equal((await erasing.work().pass()).executed, 1);
      const { store: log, keyring } = erasing.ledger;
      const isRetired = async (...there: number[]) => {
        const epochs = { list: () => there.map((epoch) => ({ epoch })) };
        return (await statedOf({ log, keyring, epochs }, erasureId))?.epochRetired;
      };
      assert.deepEqual([await isRetired(2), await isRetired(2, 3)], [true, true]);
      assert.deepEqual([await isRetired(1), await isRetired(1, 2)], [false, false]);
      assert.equal(await isRetired(0), false, 'a node that does not have the epoch yet');
    } finally {
      await erasing.close();
    }
  }));
