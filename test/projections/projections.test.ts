import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { consentsIndex } from '../../src/projections/consents-index.ts';
import { modelPath } from '../../src/projections/model-file.ts';
import { openHead } from '../../src/record/row.ts';
import { consent, good, granting, revoking, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { invalidating, type LedgerKit, withLedger } from './kit.ts';

const waitMs = 10_000;

const caughtUp = async ({ projections }: LedgerKit): Promise<void> => {
  assert.ok(await projections.caughtUp(waitMs), JSON.stringify(projections.status()));
};

const consentsOf = (kit: LedgerKit, search = {}) =>
  good(kit.projections.searchConsents(tenant, { limit: 100, ...search })).items;

test('a row appears once a patient has five events, and opens under the patient’s key', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      const key = await kit.patient('A');
      for (let n = 0; n < 4; n += 1) await kit.grant('A');
      await caughtUp(kit);
      assert.equal(kit.projections.rows.get(key.subject), undefined);
      await kit.grant('A');
      await caughtUp(kit);
      const row = kit.projections.rows.get(key.subject);
      assert.equal(row?.revision, 4);
      const whole = good(await kit.records.load(tenant, key, 'whole'));
      assert.deepEqual(openHead(row!, tenant, key), whole);
    }),
  ));

test('the index has status, form, signing and end of each consent, and nothing else', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      const form = {
        formId: 'F',
        version: '2',
        combining: 'independent',
        textSha256: '0'.repeat(64),
      } as const;
      const ids = Object.fromEntries(
        ['active', 'revoked', 'invalidated', 'replaced', 'unreadable', 'later'].map((name) => [
          name,
          randomUUID(),
        ]),
      ) as Record<string, string>;
      const key = await kit.grant('A', {
        consentId: ids.active!,
        form,
        period: { end: '2030-01-01T00:00:00.000Z' },
      });
      await kit.grant('A', { consentId: ids.revoked! });
      await kit.execute(key, revoking(ids.revoked!));
      await kit.grant('A', { consentId: ids.invalidated! });
      await kit.execute(key, invalidating(ids.invalidated!));
      await kit.grant('A', { consentId: ids.replaced! });
      await kit.grant('A', {
        consentId: ids.later!,
        signedAt: '2026-01-02T00:00:00.000Z',
        replaces: [ids.replaced!],
      });
      const { rules: _, ...unread } = consent({ consentId: ids.unreadable! });
      await kit.execute(key, granting({ ...unread, unreadable: { path: 'Consent.provision', reason: 'x' } }));
      await caughtUp(kit);
      const found = new Map(consentsOf(kit).map((row) => [row.consentId, row]));
      assert.deepEqual(found.get(ids.active!), {
        consentId: ids.active,
        subject: key.subject,
        tenant,
        formId: 'F',
        formVersion: '2',
        status: 'active',
        signedAt: Date.parse('2026-01-01T00:00:00.000Z'),
        endsAt: Date.parse('2030-01-01T00:00:00.001Z'),
      });
      for (const status of ['revoked', 'invalidated', 'replaced', 'unreadable'])
        assert.equal(found.get(ids[status]!)?.status, status);
      assert.equal(found.get(ids.later!)?.status, 'active');
      assert.deepEqual(kit.projections.searchConsents('south', { limit: 10 }), {
        ok: true,
        value: { items: [] },
      });
    }),
  ));

test('a search by form, by status and by end finds what it names', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      const form = (version: string) =>
        ({ formId: 'F', version, combining: 'independent', textSha256: '0'.repeat(64) }) as const;
      const ends = (day: number) => ({ period: { end: `2030-01-0${day}T00:00:00.000Z` } });
      for (let day = 1; day <= 3; day += 1)
        await kit.grant(`P${day}`, { form: form(`${day}`), ...ends(day) });
      await kit.grant('other');
      await caughtUp(kit);
      assert.equal(consentsOf(kit, { formId: 'F' }).length, 3);
      assert.equal(consentsOf(kit, { formId: 'F', formVersion: '2' }).length, 1);
      assert.equal(consentsOf(kit, { status: 'active' }).length, 4);
      assert.equal(consentsOf(kit, { status: 'revoked' }).length, 0);
      const endsFrom = Date.parse('2030-01-02T00:00:00Z');
      const inOrder = consentsOf(kit, { endsFrom }).map(({ formVersion }) => formVersion);
      assert.deepEqual(inOrder, ['2', '3']);
      assert.equal(consentsOf(kit, { endsFrom, endsUntil: endsFrom + 2 }).length, 1);
    }),
  ));

test('paging survives writes: what stood throughout comes exactly once', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      for (const search of [{}, { endsFrom: 0 }]) {
        const before: string[] = [];
        for (let n = 0; n < 9; n += 1) {
          const consentId = randomUUID();
          before.push(consentId);
          await kit.grant(`P${n}`, { consentId, period: { end: `203${n}-01-01T00:00:00.000Z` } });
        }
        await caughtUp(kit);
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = good(
            kit.projections.searchConsents(tenant, { ...search, limit: 2, ...(cursor && { cursor }) }),
          );
          seen.push(...page.items.map(({ consentId }) => consentId));
          cursor = page.next;
          await kit.grant('between', { period: { end: '2034-01-01T00:00:00.000Z' } });
          await caughtUp(kit);
        } while (cursor !== undefined);
        assert.equal(new Set(seen).size, seen.length);
        assert.deepEqual(
          before.filter((id) => !seen.includes(id)),
          [],
        );
      }
      const foreign = kit.projections.searchConsents(tenant, { limit: 2, cursor: 'bm9uc2Vuc2U' });
      assert.equal(foreign.ok ? undefined : foreign.error.code, 'invalid-request');
    }),
  ));

test('a read that names a position waits for it, and is told when it does not come', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      const key = await kit.patient('A');
      const written = good(await kit.records.execute(tenant, key, granting(), {}));
      assert.ok(await kit.projections.waitFor(written.position!, waitMs));
      assert.equal(consentsOf(kit).length, 1);
      assert.equal(await kit.projections.waitFor('999999', 20), false);
    }),
  ));

test('after a restart the models go on where they were, and an event counts once', () =>
  withFolder(async (folder) => {
    await withLedger(folder, async (kit) => {
      for (let n = 0; n < 7; n += 1) await kit.grant('A');
      await caughtUp(kit);
    });
    await withLedger(folder, async (kit) => {
      await kit.grant('A');
      await caughtUp(kit);
      assert.equal(consentsOf(kit).length, 8);
      assert.deepEqual(new Set(kit.projections.status().map(({ checkpoint }) => checkpoint)), new Set([8]));
      assert.deepEqual(new Set(kit.projections.status().map(({ lag }) => lag)), new Set([0]));
    });
  }));

test('a rebuild gives what following the log gave, and swaps it in while reads go on', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      for (let patient = 0; patient < 30; patient += 1) {
        const consentId = randomUUID();
        const key = await kit.grant(`P${patient}`, {
          consentId,
          period: { end: '2031-01-01T00:00:00.000Z' },
        });
        for (let more = 0; more < patient % 8; more += 1) await kit.grant(`P${patient}`);
        if (patient % 3 === 0) await kit.execute(key, revoking(consentId));
      }
      await caughtUp(kit);
      const followed = consentsOf(kit, { limit: 1_000 });
      const shares: number[] = [];
      const done = good(
        await kit.projections.rebuild({ workers: 2, onProgress: ({ share }) => shares.push(share) }),
      );
      assert.equal(done.subjects, 30);
      assert.equal(done.events, kit.store.head());
      assert.equal(done.share, 1);
      assert.ok(shares.length > 0);
      await caughtUp(kit);
      assert.deepEqual(consentsOf(kit, { limit: 1_000 }), followed);
      for (let patient = 0; patient < 30; patient += 1) {
        const key = await kit.patient(`P${patient}`);
        const record = good(await kit.records.load(tenant, key, 'whole'));
        const row = kit.projections.rows.get(key.subject);
        if (record.revision < 4) assert.equal(row, undefined);
        else assert.deepEqual(openHead(row!, tenant, key), record);
      }
      assert.deepEqual(readdirSync(join(folder, 'models')), ['g2']);
      await kit.grant('P0');
      await caughtUp(kit);
      assert.equal(consentsOf(kit, { limit: 1_000 }).length, followed.length + 1);
    }),
  ));

test('a rebuild that is aborted leaves the models that are in service', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      for (let n = 0; n < 5; n += 1) await kit.grant('A');
      await caughtUp(kit);
      const abort = new AbortController();
      const midway = { signal: abort.signal, onProgress: () => abort.abort() };
      assert.equal((await kit.projections.rebuild(midway)).ok, false);
      assert.ok(abort.signal.aborted);
      assert.equal((await kit.projections.rebuild({ signal: AbortSignal.abort() })).ok, false);
      assert.deepEqual(readdirSync(join(folder, 'models')), ['g1']);
      assert.equal(consentsOf(kit).length, 5);
      assert.ok(kit.projections.ready());
    }),
  ));

test('what a killed rebuild left is cleared away, and models that are gone are built anew', () =>
  withFolder(async (folder) => {
    const models = join(folder, 'models');
    await withLedger(folder, async (kit) => {
      for (let n = 0; n < 6; n += 1) await kit.grant('A');
    });
    rmSync(modelPath(join(models, 'g1'), consentsIndex));
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(models, 'g9.building'));
    await withLedger(folder, async (kit) => {
      await caughtUp(kit);
      assert.equal(consentsOf(kit).length, 6);
      assert.equal(existsSync(join(models, 'g9.building')), false);
      assert.equal(existsSync(join(models, 'g1')), false);
    });
  }));

test('a follower whose thread ends is replaced, and the models go on from where they were', () =>
  withFolder(async (folder) => {
    const entry = new URL('./dying-thread.ts', import.meta.url);
    const logFile = join(folder, 'log.db');
    await withLedger(
      folder,
      async (kit) => {
        for (let n = 0; n < 3 || !existsSync(`${logFile}.died`); n += 1) await kit.grant('A');
        for (
          const end = performance.now() + 30_000;
          !(await kit.projections.caughtUp(1_000));
          await sleep(20)
        )
          assert.ok(performance.now() < end, 'it does not go on');
        assert.equal(kit.projections.ready(), true);
        assert.equal(consentsOf(kit).length, kit.store.head());
      },
      { entry },
    );
  }));

test('an event type that the code does not know stops the models loudly, and is not skipped', () =>
  withFolder(async (folder) => {
    const entry = new URL('./old-code-thread.ts', import.meta.url);
    await withLedger(
      folder,
      async (kit) => {
        const consentId = randomUUID();
        const key = await kit.grant('A', { consentId });
        await caughtUp(kit);
        await kit.execute(key, revoking(consentId));
        assert.equal(await kit.projections.caughtUp(300), false);
        assert.equal(kit.projections.ready(), false);
        const { state, reason, checkpoint } = kit.projections.status()[1]!;
        assert.equal(state, 'stopped');
        assert.match(reason!, /ConsentRevoked/);
        assert.equal(checkpoint, 1);
        const rebuilt = await kit.projections.rebuild();
        assert.equal(rebuilt.ok, false);
      },
      { entry },
    );
    // Newer code goes on from there.
    await withLedger(folder, async (kit) => {
      await caughtUp(kit);
      assert.equal(consentsOf(kit)[0]?.status, 'revoked');
    });
  }));
