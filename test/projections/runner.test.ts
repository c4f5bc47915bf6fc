import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { consentGranted } from '../../schemas/events/consent-granted.ts';
import { ModelFile } from '../../src/projections/model-file.ts';
import { type Projection, Runner } from '../../src/projections/runner.ts';
import { UnknownEvent } from '../../src/record/upcast.ts';
import type { IndexedEvent } from '../../src/store/port.ts';
import { withFolder } from '../vault/kit.ts';

const kind = {
  name: 'counted',
  version: 1,
  schema: 'CREATE TABLE IF NOT EXISTS counted (log_index INTEGER);',
};

const event = (index: number, type = 'ConsentGranted', schemaVersion = 1): IndexedEvent => ({
  index,
  position: String(index),
  stream: 'consents-x',
  revision: index - 1,
  recordedAt: index,
  id: '',
  type,
  metadata: { schemaVersion, tenant: 't', commitment: '' },
  data: Buffer.alloc(0),
});

const logOf = (events: readonly IndexedEvent[]) => ({
  slice: (after: number, limit: number) => events.filter(({ index }) => index > after).slice(0, limit),
});

/** Writes down each event that it is told of; `breaking` breaks in the middle of the writing. */
const counting = (breaking?: () => void): Projection => ({
  kind,
  async prepare({ db }, events) {
    const add = db.prepare('INSERT INTO counted VALUES (?)');
    return () => {
      for (const { index } of events) add.run(index);
      breaking?.();
    };
  },
});

const counted = (model: ModelFile) => model.db.prepare('SELECT log_index FROM counted').pluck().all();

const withModel = (run: (model: ModelFile) => Promise<void>) =>
  withFolder(async (folder) => {
    const model = new ModelFile(join(folder, 'counted.db'), kind, 'service');
    await run(model);
    model.close();
  });

test('each event counts once, batch by batch, also where a batch broke in the middle of its writing', () =>
  withModel(async (model) => {
    const log = logOf(Array.from({ length: 2_500 }, (_, n) => event(n + 1)));
    const broken = new Runner(
      log,
      model,
      counting(() => assert.fail('broke')),
      [consentGranted],
    );
    await assert.rejects(broken.step(), /broke/);
    assert.equal(model.checkpoint(), 0);
    assert.deepEqual(counted(model), []);
    const runner = new Runner(log, model, counting(), [consentGranted]);
    const steps = [await runner.step(), await runner.step(), await runner.step(), await runner.step()];
    assert.deepEqual(steps, [1_000, 1_000, 500, 0]);
    assert.deepEqual(
      counted(model),
      Array.from({ length: 2_500 }, (_, n) => n + 1),
    );
  }));

test('two runners on one model cannot both count an event', () =>
  withModel(async (model) => {
    const log = logOf([event(1), event(2)]);
    const other = new Runner(log, model, counting(), [consentGranted]);
    const slow: Projection = {
      kind,
      async prepare(...args) {
        const write = await counting().prepare(...args);
        await other.step();
        return write;
      },
    };
    await assert.rejects(new Runner(log, model, slow, [consentGranted]).step(), /another writer/);
    assert.deepEqual(counted(model), [1, 2]);
  }));

test('an unknown type, or a newer version, stops it before anything of the batch is counted', () =>
  withModel(async (model) => {
    for (const strange of [event(2, 'Newfangled'), event(2, 'ConsentGranted', 2)]) {
      const runner = new Runner(logOf([event(1), strange]), model, counting(), [consentGranted]);
      await assert.rejects(runner.step(), UnknownEvent);
      assert.equal(runner.checkpoint(), 0);
      assert.deepEqual(counted(model), []);
    }
  }));
