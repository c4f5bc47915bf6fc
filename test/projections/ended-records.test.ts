import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { retentionPeriodsOf } from '../../src/consent/retention.ts';
import { consentsIndex } from '../../src/projections/consents-index.ts';
import { EndedWriter, inTurns, searchRetention } from '../../src/projections/ended-records.ts';
import { good, revoking, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { invalidating, withLedger } from './kit.ts';

const dayMs = 86_400_000;
const now = Date.parse('2040-01-01T00:00:00Z');
const periods = retentionPeriodsOf(tenant, [
  { tenant, formId: 'F', days: 30 },
  { tenant, formId: 'long', days: 3_650 },
]);
const form = { formId: 'F', version: '2', combining: 'independent', textSha256: '0'.repeat(64) } as const;
const search = { now, periods, except: new Set<string>(), limit: 500 };

test('the records whose retention is over are the same as they are followed and as they are rebuilt', () =>
  withFolder((folder) =>
    withLedger(folder, async (kit) => {
      for (let patient = 0; patient < 24; patient += 1) {
        const value = `P${patient}`;
        const consentId = randomUUID();
        const period = { end: `20${10 + patient}-01-01T00:00:00.000Z` };
        const key = await kit.grant(value, { signedAt: '2005-01-01T00:00:00.000Z', form, period });
        if (patient % 2 === 0) await kit.grant(value, { consentId, form });
        if (patient % 4 === 0) await kit.execute(key, revoking(consentId));
        if (patient % 12 === 2) await kit.execute(key, invalidating(consentId));
      }
      // So many that each of two shards has some of them.
      const period = { end: '2009-01-01T00:00:00.000Z' };
      const more = Array.from({ length: 256 }, (_, each) =>
        kit.grant(`M${each}`, { signedAt: '2005-01-01T00:00:00.000Z', form, period }),
      );
      await Promise.all(more);
      assert.ok(await kit.projections.caughtUp(10_000));
      const followed = good(await kit.projections.searchRetention(tenant, search));
      assert.equal(followed.items.length, 12 + 6 + 2 + 256);
      good(await kit.projections.rebuild({ workers: 2 }));
      assert.ok(await kit.projections.caughtUp(10_000));
      assert.deepEqual(good(await kit.projections.searchRetention(tenant, search)), followed);
      assert.deepEqual(good(await kit.projections.searchRetention('south', search)), { items: [] });
    }),
  ));

test('a page looks at so many rows only, in turns with others, and says where the next begins', async () => {
  const db = new Database(':memory:');
  db.exec([consentsIndex.schema, ...consentsIndex.indexes!].join(';'));
  const writer = new EndedWriter(db);
  const put = (formId: string, endsAt: number) => {
    const forms = [{ formId, endsAt }];
    writer.put({ subject: randomUUID(), tenant, endsAt, firstConsent: randomUUID(), forms });
  };
  db.transaction(() => {
    for (let row = 0; row < 5_000; row += 1) put('long', now - 1_000 * dayMs + row);
    put('F', now - 30 * dayMs);
    put('F', now - 30 * dayMs + 1);
  })();
  const page = (given: typeof search & { cursor?: string }) =>
    inTurns(given, (part) => searchRetention(db, tenant, part));
  let turnsOfOthers = 0;
  let isOver = false;
  const takeTurns = () => {
    turnsOfOthers += 1;
    if (!isOver) setImmediate(takeTurns);
  };
  setImmediate(takeTurns);
  const first = good(await page(search));
  isOver = true;
  assert.ok(turnsOfOthers >= 40, `${turnsOfOthers}`);
  assert.equal(first.items.length, 0);
  const second = good(await page({ ...search, cursor: first.next! }));
  assert.deepEqual(
    second.items.map(({ overSince }) => overSince),
    [now],
  );
  assert.equal(second.next, undefined);
  const one = good(await page({ ...search, limit: 1, cursor: first.next! }));
  const other = good(await page({ ...search, limit: 1, cursor: one.next! }));
  assert.deepEqual([...one.items, ...other.items], second.items);
  db.close();
});
