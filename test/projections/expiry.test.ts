import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Expiry } from '../../src/projections/expiry.ts';
import { openRecords } from '../../src/record/records.ts';
import { patientStream } from '../../src/record/streams.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { revoking } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { invalidating, type LedgerKit, withLedger } from './kit.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const day = 86_400_000;

/** A clock that a test moves. */
const movable = () => {
  let now = start;
  return { clock: () => now, toDay: (days: number) => (now = start + days * day) };
};

const until = (days: number) => ({ period: { end: new Date(start + days * day).toISOString() } });

const expiryOf = ({ projections, records, keyring }: LedgerKit, clock: () => number): Expiry =>
  new Expiry({ projections, records, keyring, clock });

const expiredIn = (kit: LedgerKit, key: SubjectKey): number =>
  kit.store.streamSlice(patientStream(key.subject), 0).filter(({ type }) => type === 'ConsentExpired').length;

const caughtUp = async ({ projections }: LedgerKit): Promise<void> => {
  assert.ok(await projections.caughtUp(10_000), JSON.stringify(projections.status()));
};

test('S2.5 an end that passed is recorded once, and one to come is not', async () => {
  const { clock, toDay } = movable();
  await withFolder((folder) =>
    withLedger(
      folder,
      async (kit) => {
        const expiry = expiryOf(kit, clock);
        const key = await kit.grant('A', until(2));
        await kit.grant('A', until(9));
        await caughtUp(kit);
        assert.deepEqual(await expiry.pass(), { written: 0, failed: 0 });
        toDay(3);
        assert.deepEqual(await expiry.pass(), { written: 1, failed: 0 });
        assert.deepEqual(await expiry.pass(), { written: 0, failed: 0 });
        await caughtUp(kit);
        assert.deepEqual(await expiry.pass(), { written: 0, failed: 0 });
        assert.equal(expiredIn(kit, key), 1);
        assert.equal(kit.projections.endsDue(clock(), undefined, 10).length, 0);
      },
      { clock },
    ),
  );
});

test('S2.5 ends that passed during days of downtime are caught up', async () => {
  const { clock, toDay } = movable();
  await withFolder(async (folder) => {
    const patients = Array.from({ length: 70 }, (_, n) => `P${n}`);
    await withLedger(
      folder,
      async (kit) => {
        for (const patient of patients) await kit.grant(patient, until(1));
      },
      { clock },
    );
    toDay(12);
    await withLedger(
      folder,
      async (kit) => {
        await caughtUp(kit);
        assert.deepEqual(await expiryOf(kit, clock).pass(), { written: 70, failed: 0 });
        for (const patient of patients) assert.equal(expiredIn(kit, await kit.patient(patient)), 1);
      },
      { clock },
    );
  });
});

test('S2.5 two writers at once record each end once', async () => {
  const { clock, toDay } = movable();
  await withFolder((folder) =>
    withLedger(
      folder,
      async (kit) => {
        const keys = [];
        for (let n = 0; n < 40; n += 1) keys.push(await kit.grant(`P${n}`, until(1)));
        await caughtUp(kit);
        toDay(2);
        const { store, projections, keyring } = kit;
        const others = openRecords({ store, log: store, rows: projections.rows, uuid: randomUUID });
        const passes = await Promise.all([
          expiryOf(kit, clock).pass(),
          new Expiry({ projections, records: others, keyring, clock }).pass(),
        ]);
        assert.equal(passes[0].written + passes[1].written, 40);
        assert.equal(passes[0].failed + passes[1].failed, 0);
        for (const key of keys) assert.equal(expiredIn(kit, key), 1);
      },
      { clock },
    ),
  );
});

test('S2.5 what was revoked, invalidated or replaced before its end does not expire', async () => {
  const { clock, toDay } = movable();
  await withFolder((folder) =>
    withLedger(
      folder,
      async (kit) => {
        const [revoked, invalidated, replaced] = [randomUUID(), randomUUID(), randomUUID()];
        const key = await kit.grant('A', { consentId: revoked, ...until(2) });
        await kit.grant('A', { consentId: invalidated, ...until(2) });
        await kit.grant('A', { consentId: replaced, ...until(2) });
        await kit.execute(key, revoking(revoked));
        await kit.execute(key, invalidating(invalidated));
        await kit.grant('A', { replaces: [replaced], signedAt: '2026-02-01T00:00:00.000Z' });
        await caughtUp(kit);
        toDay(3);
        assert.equal(kit.projections.endsDue(clock(), undefined, 10).length, 0);
        assert.deepEqual(await expiryOf(kit, clock).pass(), { written: 0, failed: 0 });
        assert.equal(expiredIn(kit, key), 0);
      },
      { clock },
    ),
  );
});

test('the process passes by itself, and stops when it is told to', async () => {
  const { clock, toDay } = movable();
  await withFolder((folder) =>
    withLedger(
      folder,
      async (kit) => {
        await kit.grant('A', until(1));
        await caughtUp(kit);
        toDay(2);
        const expiry = expiryOf(kit, clock);
        const first = await new Promise((resolve) => expiry.start(5, resolve));
        assert.deepEqual(first, { written: 1, failed: 0 });
        await expiry.stop();
      },
      { clock },
    ),
  );
});
