import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meetFence } from '../../src/vault/fence.ts';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault, VaultEntry } from '../../src/vault/port.ts';
import { openPostgresVault } from '../../src/vault/postgres.ts';
import { rotateEpoch } from '../../src/vault/rotation.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';
import { openVaultFile } from '../../src/vault/sqlite-schema.ts';
import { noPostgres, startPostgres } from '../support/postgres.ts';
import type { BenchRow } from './row.ts';

const subjects = 1_000_000;
const batch = 10_000;

type Fill = (entries: readonly VaultEntry[]) => Promise<void>;

/** Rewrapping a million data keys, against the unwrapping and wrapping alone. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    const measured = [await onSqlite(folder)];
    if (noPostgres === false) measured.push(await onPostgres(folder));
    return measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const onSqlite = async (folder: string): Promise<BenchRow> => {
  const file = join(folder, 'vault', 'vault.db');
  const database = openVaultFile(file);
  const add = database.prepare('INSERT INTO subject (subject, epoch, wrapped) VALUES (?, ?, ?)');
  const fill = database.transaction((entries: readonly VaultEntry[]) => {
    for (const { subject, epoch, wrapped } of entries) add.run(subject, epoch, wrapped);
  });
  const row = await measure('SQLite', join(folder, 'keys'), openSqliteVault({ file }), async (all) =>
    fill(all),
  );
  database.close();
  return row;
};

const onPostgres = async (folder: string): Promise<BenchRow> => {
  const server = await startPostgres();
  try {
    const url = await server.database();
    const vault = await openPostgresVault({ url, tls: 'off', connections: 2 });
    const client = await server.connect(url);
    const fill: Fill = async (entries) => {
      await client.query(
        'INSERT INTO subject (subject, epoch, wrapped) SELECT * FROM unnest($1::text[], $2::integer[], $3::bytea[])',
        [
          entries.map((one) => one.subject),
          entries.map((one) => one.epoch),
          entries.map((one) => one.wrapped),
        ],
      );
    };
    const row = await measure('PostgreSQL', join(folder, 'postgres-keys'), vault, fill);
    await client.end();
    return row;
  } finally {
    await server.stop();
  }
};

const measure = async (name: string, keys: string, vault: Vault, fill: Fill): Promise<BenchRow> => {
  await initKeys(keys, Date.now());
  const keyStore = await openKeyStore(keys);
  await meetFence(vault, keyStore);
  for (let n = 0; n < subjects; n += batch)
    await fill(Array.from({ length: batch }, () => keyStore.newEntry(randomUUID())));
  const begun = performance.now();
  const { rewrapped } = await rotateEpoch({ vault, keyStore, clock: Date.now });
  const seconds = (performance.now() - begun) / 1000;
  const floor = cryptoSeconds(keyStore);
  await vault.close();
  return {
    name: `rotation of ${rewrapped} keys, vault on ${name}, against the cryptography alone`,
    floor: `${floor.toFixed(1)} s`,
    reached: `${seconds.toFixed(1)} s`,
    ratio: floor / seconds,
    aim: 0,
    ok: rewrapped === subjects,
  };
};

/** Of unwrapping and wrapping as many keys, from a tenth of them. */
const cryptoSeconds = (keyStore: KeyStore): number => {
  const entry = keyStore.newEntry(randomUUID());
  const begun = performance.now();
  for (let n = 0; n < subjects / 10; n += 1) keyStore.rewrap(entry);
  return (performance.now() - begun) / 100;
};
