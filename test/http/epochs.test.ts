import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { initKeys } from '../../src/vault/keystore.ts';
import {
  answered,
  grantFor,
  newFolder,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from './kit.ts';

const hour = 3_600_000;

const ended = async (service: TestService) => {
  for (;;) {
    const epochs = answered('readEpochs', await service.get('/operations/epochs'));
    const [only, ...others] = epochs.epochs;
    if (epochs.rotation.last && others.length === 0) return { only: only!, last: epochs.rotation.last };
    await sleep(20);
  }
};

const permits = async (service: TestService, value: string): Promise<void> => {
  const patient = patientOf(value);
  const answer = await service.post('/decisions', { patient, question: questionOf({ items: [{}] }) });
  assert.match(answer.text, /"decision":"permit"/);
};

it('rotates its keys when it is told to, while it goes on', { timeout: 60_000 }, async () => {
  const service = await openTestService();
  let granting = true;
  let granted: Promise<unknown> | undefined;
  try {
    const body = {};
    const token = await service.token({ scope: 'operations:read consents:write' });
    refusedWith('scope-missing', await service.send('POST', '/operations/epochs/rotation', { body, token }));
    let names = 0;
    const grant = async (): Promise<void> => {
      while (granting) {
        const granted = await service.post('/consents', grantFor(patientOf(`${names++}`)));
        assert.equal(granted.status, 201, granted.text);
      }
    };
    granted = Promise.all([grant(), grant()]);
    while (names < 50) await sleep(5);
    const begun = answered('rotateEpoch', await service.post('/operations/epochs/rotation', body));
    assert.ok(begun.rotation.running);
    const { only, last } = await ended(service);
    assert.equal(last.outcome, 'completed');
    assert.ok(last.rewrapped! >= 48);
    assert.deepEqual([only.epoch, only.current], [2, true]);
    granting = false;
    await granted;
    assert.deepEqual(
      (await readdir(service.config.keysFolder)).filter((name) => name.startsWith('epoch')),
      ['epoch-2.json'],
    );
    await service.stop();
    const again = await openTestService({}, service.folder);
    for (const value of ['0', '25', `${names - 1}`]) await permits(again, value);
    await again.stop();
  } finally {
    granting = false;
    await granted;
    await service.remove();
  }
});

it('rotates by itself where the epoch is too old, and once', { timeout: 60_000 }, async () => {
  const folder = await newFolder();
  await initKeys(join(folder, 'data', 'keys'), Date.now() - 25 * hour);
  const service = await openTestService({}, folder);
  try {
    const { only, last } = await ended(service);
    assert.deepEqual([last.outcome, only.epoch], ['completed', 2]);
    assert.ok(Date.now() - Date.parse(only.createdAt) < hour);
    assert.ok(service.lines.some((line) => line.includes('"keys rotated"')));
  } finally {
    await service.remove();
  }
});

it('leaves rotation to the operator where that is set', { timeout: 60_000 }, async () => {
  const folder = await newFolder();
  await initKeys(join(folder, 'data', 'keys'), Date.now() - 1000 * hour);
  const service = await openTestService({ epochs: { maxAgeHours: 0 } }, folder);
  try {
    await service.post('/consents', grantFor(patientOf('1')));
    const { epochs, rotation } = answered('readEpochs', await service.get('/operations/epochs'));
    assert.deepEqual([epochs.length, epochs[0]!.epoch, rotation], [1, 1, {}]);
  } finally {
    await service.remove();
  }
});

it('tells how old its epochs are, and that a rotation failed until one does not', {
  timeout: 60_000,
}, async () => {
  const folder = await newFolder();
  const keysFolder = join(folder, 'data', 'keys');
  await initKeys(keysFolder, Date.now() - 2 * hour);
  const service = await openTestService({ epochs: { maxAgeHours: 24 } }, folder);
  const metric = async (name: string): Promise<number> => {
    const { text } = await service.get('/metrics');
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`consent_ledger_epoch_${name} `))
        ?.split(' ')[1],
    );
  };
  const rotated = async (outcome: string): Promise<void> => {
    await service.post('/operations/epochs/rotation', {});
    for (;;) {
      const { rotation } = answered('readEpochs', await service.get('/operations/epochs'));
      if (!rotation.running && rotation.last?.outcome === outcome) return;
      await sleep(20);
    }
  };
  try {
    for (const epoch of ['current', 'oldest']) {
      const age = await metric(`age_seconds{epoch="${epoch}"}`);
      assert.ok(age >= 7_200 && age < 7_300, `${age}`);
    }
    assert.equal(await metric('max_age_seconds'), 86_400);
    assert.equal(await metric('rotation_failed'), 0);
    const damaged = join(keysFolder, 'epoch-2.json');
    await writeFile(damaged, '{}', { mode: 0o600 });
    await rotated('failed');
    assert.equal(await metric('rotation_failed'), 1);
    assert.ok((await metric('age_seconds{epoch="oldest"}')) >= 7_200);
    await rm(damaged);
    await rotated('completed');
    assert.equal(await metric('rotation_failed'), 0);
    for (const epoch of ['current', 'oldest'])
      assert.ok((await metric(`age_seconds{epoch="${epoch}"}`)) < 100);
  } finally {
    await service.remove();
  }
});
