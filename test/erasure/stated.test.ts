import assert from 'node:assert/strict';
import { it } from 'node:test';
import { statingIn } from '../../src/erasure/stated.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import type { Retirement } from '../../src/vault/retirement.ts';
import { rotateEpoch } from '../../src/vault/rotation.ts';
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

it('the epoch that is named is the last that the data key can have been wrapped under', () =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    try {
      const { erasureId } = await approvedErasure(erasing, 'one');
      const { store: log, keyring, vault, config } = erasing.ledger;
      const keyStore = await openKeyStore(config.keysFolder);
      await erasing.carryOut(
        erasureId,
        (_name, port) => port,
        async (step) => {
          if (step === 'destroy') await rotateEpoch({ vault, keyStore, clock: Date.now });
        },
      );
      const { epochs } = keyStore;
      const stated = await statingIn({ log, keyring, epochs })(erasureId);
      assert.deepEqual([stated?.irrecoverableOnceEpochRetired, stated?.epochRetired], [2, false]);
      await rotateEpoch({ vault, keyStore, clock: Date.now });
      const later = await statingIn({ log, keyring, epochs })(erasureId);
      assert.equal(later?.epochRetired, true);
      assert.ok(later.irrecoverableSince! >= later.unreadableSince);
    } finally {
      await erasing.close();
    }
  }));
