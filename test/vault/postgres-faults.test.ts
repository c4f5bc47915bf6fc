import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Vault, VaultEntry } from '../../src/vault/port.ts';
import { openPostgresVault } from '../../src/vault/postgres.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/** No call may take longer: two seconds to connect and three for the answer, and what a busy machine adds. */
const boundMs = 8_000;

const first = { epoch: 1, check: randomBytes(32) };
const newEntry = (): VaultEntry => ({ subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) });

/** A call fails as a vault that is unavailable, within the bound. */
const refusesSoon = async (call: () => Promise<unknown>): Promise<void> => {
  const start = performance.now();
  await assert.rejects(call, { code: 'vault-unavailable' });
  assert.ok(performance.now() - start < boundMs, `it took ${Math.round(performance.now() - start)} ms`);
};

/** Settles once the vault answers again, by itself. */
const healed = async (vault: Vault): Promise<void> => {
  for (let tries = 0; tries < 40; tries += 1) {
    if (
      await vault.get(randomUUID()).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  assert.fail('it does not answer again');
};

describe('faults of the vault on PostgreSQL', { skip: noPostgres, timeout: 120_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  /** A vault whose traffic can be disturbed, with a connection that stands. */
  const disturbed = async (
    connections: number,
    run: (vault: Vault, proxy: TcpProxy, url: string) => Promise<void>,
  ): Promise<void> => {
    const proxy = await TcpProxy.to(server);
    const url = await server.database(proxy.port);
    const vault = await openPostgresVault({ url, tls: 'off', connections });
    try {
      await vault.advance(undefined, first);
      await run(vault, proxy, url);
    } finally {
      await vault.close();
      await proxy.close();
    }
  };

  it('a server killed under writers: each is told, what was admitted is there, and it heals', async () => {
    const url = await server.database();
    const vault = await openPostgresVault({ url, tls: 'off', connections: 8 });
    await vault.advance(undefined, first);
    const admitted: { readonly hash: Buffer; readonly entry: VaultEntry }[] = [];
    const failures: unknown[] = [];
    let writing = true;
    const write = async (): Promise<void> => {
      while (writing) {
        const [hash, entry] = [randomBytes(32), newEntry()];
        await vault.admit(hash, entry).then(
          () => admitted.push({ hash, entry }),
          (error) => failures.push(error),
        );
        if (failures.length > 0) await sleep(20);
      }
    };
    const writers = Array.from({ length: 8 }, write);
    try {
      while (admitted.length < 200) await sleep(10);
      const before = admitted.length;
      await server.kill();
      await refusesSoon(() => vault.find(randomBytes(32)));
      await server.start();
      while (admitted.length < before + 200) await sleep(10);
      writing = false;
      await Promise.all(writers);

      assert.ok(failures.length > 0);
      for (const error of failures) assert.equal((error as { code: string }).code, 'vault-unavailable');
      for (const { hash, entry } of admitted) assert.deepEqual(await vault.find(hash), entry);
    } finally {
      writing = false;
      await vault.close();
    }
  });

  it('an admission whose answer is lost is found when it is asked for again', () =>
    disturbed(1, async (vault, proxy) => {
      const [hash, entry] = [randomBytes(32), newEntry()];
      proxy.disturb({ down: false });
      await refusesSoon(() => vault.admit(hash, entry));
      proxy.disturb({});
      await healed(vault);
      assert.deepEqual(await vault.admit(hash, newEntry()), entry);
    }));

  it('a server that falls silent: many that ask at once all know soon, and it heals', () =>
    disturbed(2, async (vault, proxy) => {
      proxy.disturb({ up: false, down: false });
      await Promise.all(Array.from({ length: 50 }, () => refusesSoon(() => vault.get(randomUUID()))));
      proxy.disturb({});
      await healed(vault);
    }));

  it('connections that are reset while they are idle are made anew, unnoticed', () =>
    disturbed(4, async (vault, proxy) => {
      const entry = newEntry();
      await vault.admit(randomBytes(32), entry);
      proxy.reset();
      await sleep(100);
      assert.deepEqual(await vault.get(entry.subject), entry);
    }));

  it('a silent server keeps neither an opening nor a closing vault waiting', () =>
    disturbed(2, async (vault, proxy, url) => {
      proxy.disturb({ up: false, down: false });
      await refusesSoon(() => openPostgresVault({ url, tls: 'off', connections: 2 }));
      const closed = vault.close().then(() => 'closed');
      assert.equal(await Promise.race([closed, sleep(boundMs, 'waits', { ref: false })]), 'closed');
    }));

  it('a statement that waits for a lock is given up, and its connection with it', () =>
    disturbed(1, async (vault, _proxy, url) => {
      const client = await server.connect(url);
      try {
        await client.query('BEGIN; LOCK TABLE subject IN ACCESS EXCLUSIVE MODE');
        await refusesSoon(() => vault.get(randomUUID()));
        await client.query('ROLLBACK');
        await healed(vault);
      } finally {
        await client.end();
      }
    }));
});
