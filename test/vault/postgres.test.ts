import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type pg from 'pg';
import type { Vault } from '../../src/vault/port.ts';
import { openPostgresVault } from '../../src/vault/postgres.ts';
import { vaultContract } from '../contract/vault.ts';
import { noPostgres, startPostgres } from '../support/postgres.ts';

if (noPostgres) it('the vault on PostgreSQL', { skip: noPostgres });
else {
  const server = await startPostgres();
  after(() => server.stop());
  const open = (url: string): Promise<Vault> => openPostgresVault({ url, tls: 'off', connections: 8 });
  const first = { epoch: 1, check: randomBytes(32) };
  const newEntry = () => ({ subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) });

  vaultContract('PostgreSQL', async () => {
    const url = await server.database();
    const opened = [await open(url)];
    return {
      vault: opened[0]!,
      reopen: async () => {
        const again = await open(url);
        opened.push(again);
        return again;
      },
      cleanup: async () => {
        for (const vault of opened) await vault.close();
      },
    };
  });

  describe('the vault on PostgreSQL', () => {
    const query = async <Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> => {
      const client = await server.connect(url);
      try {
        return (await client.query<Row>(text)).rows;
      } finally {
        await client.end();
      }
    };

    it('nodes that open an empty database at once make its tables once', async () => {
      const url = await server.database();
      const vaults = await Promise.all(Array.from({ length: 6 }, () => open(url)));
      const entry = newEntry();
      await vaults[0]!.advance(undefined, first);
      await vaults[0]!.admit(randomBytes(32), entry);
      assert.deepEqual(await vaults[5]!.get(entry.subject), entry);
      const steps = await query(url, 'SELECT number FROM migration ORDER BY number');
      assert.ok(steps.length > 0);
      assert.deepEqual(
        steps,
        [...steps.keys()].map((at) => ({ number: at + 1 })),
      );
      await Promise.all(vaults.map((vault) => vault.close()));
    });

    it('of two nodes that admit one identifier at once, both get the same entry', async () => {
      const url = await server.database();
      const [one, other] = [await open(url), await open(url)];
      await one.advance(undefined, first);
      for (let round = 0; round < 20; round += 1) {
        const hash = randomBytes(32);
        const [first, second] = await Promise.all([
          one.admit(hash, newEntry()),
          other.admit(hash, newEntry()),
        ]);
        assert.deepEqual(first, second);
        assert.deepEqual(await one.find(hash), first);
      }
      assert.deepEqual(await one.epochs(), new Map([[1, 20]]));
      await Promise.all([one.close(), other.close()]);
    });

    it('a database of newer code is refused', async () => {
      const url = await server.database();
      await (await open(url)).close();
      await query(url, 'INSERT INTO migration (number) VALUES (99)');
      await assert.rejects(open(url), { code: 'vault-unavailable', message: /newer code/ });
    });

    it('a database that promises no durability is refused, before anything is made in it', async () => {
      const url = await server.database();
      const name = new URL(url).pathname.slice(1);
      await query(url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
      await assert.rejects(open(url), { code: 'vault-unavailable', message: /synchronous_commit is off/ });
      assert.deepEqual(await query(url, "SELECT 1 FROM pg_class WHERE relname = 'subject'"), []);
    });

    it('a URL that leaves something out, or sets more, is refused without being told', async () => {
      const wrong = [
        'vault.example',
        'postgresql://vault.example/ledger',
        'postgresql://user@vault.example/ledger',
        'postgresql://user:secret@vault.example',
        'postgresql://user:secret@vault.example/ledger?sslmode=disable',
        'mysql://user:secret@vault.example/ledger',
      ];
      for (const url of wrong)
        await assert.rejects(open(url), (error: Error) => {
          assert.match(error.message, /is not postgresql:/);
          assert.doesNotMatch(error.message, /secret|vault\.example/);
          return true;
        });
    });

    it('a wrong password is a vault that is unavailable', async () => {
      const url = new URL(await server.database());
      url.password = 'wrong';
      await assert.rejects(open(url.href), { code: 'vault-unavailable' });
    });
  });
}
