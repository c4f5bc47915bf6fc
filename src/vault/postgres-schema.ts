import type { ClientBase } from 'pg';
import { VaultUnavailable } from './port.ts';

/**
 * The vault's tables, by numbered steps; a step that was published never changes. Subjects compare by their bytes,
 * as in every other adapter, whatever the database's collation.
 */
const migrations: readonly string[] = [
  `CREATE TABLE subject (
     subject text COLLATE "C" PRIMARY KEY, epoch integer NOT NULL, wrapped bytea NOT NULL
   );
   CREATE TABLE identifier (
     hash bytea PRIMARY KEY, subject text COLLATE "C" NOT NULL REFERENCES subject
   )`,
  'CREATE INDEX identifier_subject ON identifier (subject)',
  'CREATE TABLE fence (one boolean PRIMARY KEY DEFAULT true CHECK (one), epoch integer NOT NULL, key_check bytea NOT NULL)',
  'CREATE TABLE suppressed (hash bytea PRIMARY KEY)',
];

/** Held while the tables are made, so that nodes that start together do it once; any number, always the same. */
const migrationLock = 7_140_282_317;

/**
 * Brings the tables up to this code, in one transaction. Rejects with VaultUnavailable where the database was made
 * by newer code, or promises no durability: a key that is lost takes all that it sealed with it.
 */
export const migrate = async (client: ClientBase): Promise<void> => {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  await requireDurable(client);
  await client.query(
    'CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ applied: number }>(
    'SELECT coalesce(max(number), 0) AS applied FROM migration',
  );
  const applied = rows[0]!.applied;
  if (applied > migrations.length)
    throw new VaultUnavailable(`the vault's tables are of newer code (step ${applied}): update this node`);
  for (const [index, step] of migrations.entries()) {
    if (index < applied) continue;
    await client.query(step);
    await client.query('INSERT INTO migration (number) VALUES ($1)', [index + 1]);
  }
  await client.query('COMMIT');
};

const requireDurable = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`,
  );
  const off = rows.map(({ name }) => name);
  if (off.length > 0)
    throw new VaultUnavailable(`the vault's server may lose keys: ${off.join(', ')} is off`);
};
