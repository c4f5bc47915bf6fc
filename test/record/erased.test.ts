import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { fail, ok } from '../../schemas/result.ts';
import { onErased } from '../../src/record/erased.ts';
import { onSubject } from '../../src/record/on-subject.ts';
import { patientStream } from '../../src/record/streams.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { withFolder } from '../vault/kit.ts';
import { good, granting, openRecordKit, patient, type RecordKit, tenant } from './kit.ts';

const test = (what: string, run: (kit: RecordKit) => Promise<void>): void => {
  it(what, { timeout: 60_000 }, () =>
    withFolder(async (folder) => {
      const kit = await openRecordKit(folder);
      onErased(kit.store, (subject) => {
        kit.keyring.forget(subject);
        kit.records.forget(subject);
      });
      try {
        await run(kit);
      } finally {
        await kit.close();
      }
    }),
  );
};

const erasureId = randomUUID();
const typesOf = ({ store, key }: RecordKit) =>
  store.streamSlice(patientStream(key.subject), 0).map(({ type }) => type);

describe('a stream that is closed', () => {
  test('ends with PatientErased, in which nothing is sealed and nothing of a person stands', async (kit) => {
    const { records, store, key } = kit;
    await records.execute(tenant, key, granting(), {});
    const closed = good(await records.close(tenant, key.subject, erasureId));
    assert.equal(closed.revision, 1);
    const [last] = store.streamSlice(patientStream(key.subject), 1);
    assert.deepEqual(JSON.parse(last!.data.toString('utf8')), { erasureId });
    assert.equal(last!.metadata.keyId, undefined);
    assert.equal(last!.metadata.tenant, tenant);
    assert.deepEqual(
      store.erasures(0).map(({ stream }) => stream),
      [patientStream(key.subject)],
    );
  });

  test('is closed once, by whoever was first, however often and by however many it is asked', async (kit) => {
    const { records, others, key } = kit;
    await records.execute(tenant, key, granting(), {});
    const requests = Array.from({ length: 8 }, () => randomUUID());
    const closed = await Promise.all(
      requests.map((request, n) => (n % 2 ? records : others()).close(tenant, key.subject, request)),
    );
    assert.equal(new Set(closed.map((each) => good(each).erasureId)).size, 1);
    assert.deepEqual(await others().close(tenant, key.subject, randomUUID()), closed[0]);
    assert.deepEqual(typesOf(kit), ['ConsentGranted', 'PatientErased']);
  });

  test('also where nothing was ever recorded, and where it is longer than what is read at once', async (kit) => {
    const other = await kit.keyring.admit(tenant, { ...patient, value: 'P-2' });
    assert.equal(good(await kit.records.close(tenant, other.subject, erasureId)).revision, 0);
    const many = Array.from({ length: 1_001 }, () => granting()).map(
      (decide) => good(decide(undefined as never, 0))[0]!,
    );
    good(await kit.records.execute(tenant, kit.key, () => ok(many), {}));
    assert.equal(good(await kit.records.close(tenant, kit.key.subject, erasureId)).revision, 1_001);
  });

  test('refuses every command, of every writer, from whatever it had in its cache', async (kit) => {
    const { records, others, key } = kit;
    const other = others();
    for (const writer of [records, other]) await writer.execute(tenant, key, granting(), {});
    await records.close(tenant, key.subject, erasureId);
    for (const writer of [records, other, others()]) {
      const refused = await writer.execute(tenant, key, granting(), {});
      assert.equal(refused.ok ? 'written' : refused.error.code, 'patient-erased');
      assert.deepEqual(good(await writer.history(tenant, key, 0, 10)), []);
      assert.deepEqual(good(await writer.load(tenant, key)).consents, []);
    }
    assert.equal(typesOf(kit).at(-1), 'PatientErased');
  });

  test('has no event after PatientErased, whoever writes at the same time', async (kit) => {
    const { records, others, key } = kit;
    for (let round = 0; round < 20; round += 1) {
      const person = await kit.keyring.admit(tenant, { ...patient, value: `race-${round}` });
      const writers = [records, others(), others()];
      const outcomes = await Promise.all([
        ...writers.map((writer) => writer.execute(tenant, person, granting(), {})),
        writers[round % 3]!.close(tenant, person.subject, erasureId),
        ...writers.map((writer) => writer.execute(tenant, person, granting(), {})),
      ]);
      const types = kit.store.streamSlice(patientStream(person.subject), 0).map(({ type }) => type);
      assert.equal(types.indexOf('PatientErased'), types.length - 1);
      assert.equal(outcomes.filter((each) => each.ok).length, types.length);
    }
    assert.equal(typesOf({ ...kit, key }).length, 0);
  });
});

describe('what was forgotten', () => {
  test('is in no cache as soon as the close is answered, and comes into none again', async (kit) => {
    const { records, keyring, key } = kit;
    await records.execute(tenant, key, granting(), {});
    await records.load(tenant, key);
    assert.ok(keyring.peek(tenant, patient) && keyring.peekKey(key.subject) && records.peek(key.subject));
    await records.close(tenant, key.subject, erasureId);
    const gone = () => {
      assert.equal(keyring.peek(tenant, patient), undefined);
      assert.equal(keyring.peekKey(key.subject), undefined);
      assert.equal(records.peek(key.subject)?.consents.length ?? 0, 0);
    };
    gone();
    assert.equal(await keyring.find(tenant, patient), undefined, 'nobody is found under it');
    assert.ok(await keyring.keyOf(key.subject), 'the vault has it still');
    gone();
  });

  test('is not brought back by a look-up that was under way', async ({ vault, keyStore }) => {
    const gate = Promise.withResolvers<void>();
    const slow = new Proxy(vault, {
      get: (target, name) =>
        name === 'find'
          ? async (hash: Buffer) => {
              const entry = await target.find(hash);
              await gate.promise;
              return entry;
            }
          : Reflect.get(target, name),
    });
    const keyring = openKeyring({ vault: slow, keyStore, uuid: randomUUID });
    const finding = keyring.find(tenant, patient);
    const { subject } = (await vault.page(undefined, 1))[0]!;
    keyring.forget(subject);
    gate.resolve();
    assert.equal(await finding, undefined);
    assert.equal(keyring.peek(tenant, patient), undefined);
    assert.equal(keyring.peekKey(subject), undefined);
  });

  test('a person who comes again is a new subject once the key is destroyed, and waits for that', async (kit) => {
    const { records, keyring, vault, key } = kit;
    await records.execute(tenant, key, granting(), {});
    await records.close(tenant, key.subject, erasureId);
    // As another node may have it that has not heard: its cache still gives the old subject.
    const stale = [key];
    const admit = async () => ok(stale.pop() ?? (await keyring.admit(tenant, patient)));
    const grant = () => onSubject(keyring, admit, (found) => records.execute(tenant, found, granting(), {}));
    const early = await grant();
    assert.equal(early.ok ? 'written' : early.error.code, 'patient-erased');
    await vault.destroy(key.subject);
    stale.push(key);
    assert.equal(good(await grant()).revision, 0);
    const fresh = await keyring.find(tenant, patient);
    assert.ok(fresh && fresh.subject !== key.subject);
    stale.push(key);
    const unknown = async () => (stale.length > 0 ? ok(stale.pop()!) : fail('patient-unknown', ''));
    const revoked = await onSubject(keyring, unknown, (found) =>
      records.execute(tenant, found, granting(), {}),
    );
    assert.equal(revoked.ok ? 'written' : revoked.error.code, 'patient-unknown');
  });
});
