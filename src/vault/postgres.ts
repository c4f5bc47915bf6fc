import pg from 'pg';
import { type EpochFence, EpochPassed, type Vault, type VaultEntry, VaultUnavailable } from './port.ts';
import { migrate } from './postgres-schema.ts';

/** How to reach the vault's database. */
export interface PostgresPlace {
  /** `postgresql://user:password@host:port/database`, and nothing more: TLS is set here, not by the URL. */
  readonly url: string;
  /** `verify` holds the server to its name and to `ca` (PEM), or to the usual authorities where there is none. */
  readonly tls: 'verify' | 'off';
  readonly ca?: string;
  /** How many connections at most; what finds none free waits. */
  readonly connections: number;
}

/** Milliseconds until a connection is had, free or new. */
const connectMs = 2_000;
/** Milliseconds until what a request waits for is answered; then its connection is given up. */
const answerMs = 3_000;
/** The same for rotation and status, which go over whole tables; the server ends what takes longer. */
const scanMs = 60_000;
/** How often an identifier is admitted where the one that stood is destroyed between two statements. */
const maxAdmissions = 3;

/**
 * The vault in a PostgreSQL database of its own, for more than one node. Each method is one statement, so that none
 * leaves a transaction behind. While the server cannot be reached each fails within five seconds; connections are
 * made anew as it comes back. Rejects with VaultUnavailable where the database cannot be opened.
 */
export const openPostgresVault = async (place: PostgresPlace): Promise<Vault> => {
  const options = clientOptions(place);
  await prepareTables(options);
  return vaultOn(new pg.Pool({ ...options, max: place.connections }));
};

const vaultOn = (pool: pg.Pool): Vault => {
  // A connection that breaks while it is idle is dropped; without a listener it would end the process.
  pool.on('error', () => {});
  const ask = async <Row extends pg.QueryResultRow>(
    { name, text }: Statement,
    values: unknown[],
    limitMs = answerMs,
  ): Promise<pg.QueryResult<Row>> => {
    try {
      const query: pg.QueryConfig & { query_timeout: number } = {
        name,
        text,
        values,
        query_timeout: limitMs,
      };
      return await pool.query<Row>(query);
    } catch (error) {
      throw new VaultUnavailable('the vault cannot be reached', { cause: error });
    }
  };
  const find = async (identifier: Buffer): Promise<VaultEntry | undefined> =>
    (await ask<VaultRow>(statements.find, [identifier])).rows[0];
  const fence = async (): Promise<EpochFence | undefined> =>
    (await ask<FenceRow>(statements.fence, [])).rows[0];
  /** Tells why nothing was written. */
  const requireFence = async (epoch: number): Promise<void> => {
    if ((await fence())?.epoch !== epoch) throw new EpochPassed();
  };

  let closed: Promise<void> | undefined;
  return {
    find,
    get: async (subject) => (await ask<VaultRow>(statements.get, [subject])).rows[0],
    admit: async (identifier, entry) => {
      const { subject, epoch, wrapped } = entry;
      for (let tries = 0; tries < maxAdmissions; tries += 1) {
        const { rowCount } = await ask(statements.admit, [identifier, subject, epoch, wrapped]);
        const standing = rowCount === 1 ? entry : await find(identifier);
        if (standing !== undefined) return standing;
        await requireFence(epoch);
      }
      throw new VaultUnavailable('the entry that stood was destroyed each time');
    },
    destroy: async (subject) => (await ask(statements.destroy, [subject])).rowCount === 1,
    suppress: async (subject) => {
      await ask(statements.suppress, [subject]);
    },
    isSuppressed: async (identifier) => (await ask(statements.isSuppressed, [identifier])).rowCount === 1,
    page: async (after, limit) => (await ask<VaultRow>(statements.page, [after ?? '', limit], scanMs)).rows,
    rewrap: async (entries, fromEpoch) => {
      const columns = [
        entries.map(({ subject }) => subject),
        entries.map(({ epoch }) => epoch),
        entries.map(({ wrapped }) => wrapped),
      ];
      const [first] = entries;
      if (first === undefined) return 0;
      const { rowCount } = await ask(statements.rewrap, [...columns, fromEpoch, first.epoch], scanMs);
      if (rowCount === 0) await requireFence(first.epoch);
      return rowCount ?? 0;
    },
    epochs: async () => {
      const { rows } = await ask<{ epoch: number; entries: number }>(statements.epochs, [], scanMs);
      return new Map(rows.map(({ epoch, entries }) => [epoch, entries]));
    },
    fence,
    advance: async (from, { epoch, check }) => {
      if (from === undefined) await ask(statements.setFence, [epoch, check]);
      else await ask(statements.moveFence, [epoch, check, from]);
      const standing = await fence();
      if (standing === undefined) throw new EpochPassed();
      return standing;
    },
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
};

type VaultRow = VaultEntry & pg.QueryResultRow;
type FenceRow = EpochFence & pg.QueryResultRow;

interface Statement {
  readonly name: string;
  readonly text: string;
}

const statements = {
  find: {
    name: 'find',
    text: 'SELECT subject, epoch, wrapped FROM identifier JOIN subject USING (subject) WHERE hash = $1',
  },
  get: { name: 'get', text: 'SELECT subject, epoch, wrapped FROM subject WHERE subject = $1' },
  // Holds the fence where it stands until what was written under its epoch is committed. Waits for whoever admits the
  // same identifier right now, and then adds nothing.
  admit: {
    name: 'admit',
    text: `WITH standing AS (SELECT FROM fence WHERE epoch = $3 FOR SHARE),
           admitted AS (
             INSERT INTO identifier (hash, subject) SELECT $1, $2 FROM standing
             ON CONFLICT (hash) DO NOTHING RETURNING subject
           )
           INSERT INTO subject (subject, epoch, wrapped) SELECT subject, $3, $4 FROM admitted`,
  },
  destroy: {
    name: 'destroy',
    text: `WITH gone AS (DELETE FROM identifier WHERE subject = $1) DELETE FROM subject WHERE subject = $1`,
  },
  suppress: {
    name: 'suppress',
    text: `INSERT INTO suppressed (hash) SELECT hash FROM identifier WHERE subject = $1 ON CONFLICT DO NOTHING`,
  },
  isSuppressed: { name: 'is-suppressed', text: 'SELECT 1 FROM suppressed WHERE hash = $1' },
  page: {
    name: 'page',
    text: 'SELECT subject, epoch, wrapped FROM subject WHERE subject > $1 ORDER BY subject LIMIT $2',
  },
  rewrap: {
    name: 'rewrap',
    text: `WITH standing AS (SELECT FROM fence WHERE epoch = $5 FOR SHARE)
           UPDATE subject SET epoch = fresh.epoch, wrapped = fresh.wrapped
           FROM standing, unnest($1::text[], $2::integer[], $3::bytea[]) AS fresh (subject, epoch, wrapped)
           WHERE subject.subject = fresh.subject AND subject.epoch = $4`,
  },
  epochs: { name: 'epochs', text: 'SELECT epoch, count(*)::integer AS entries FROM subject GROUP BY epoch' },
  fence: { name: 'fence', text: 'SELECT epoch, key_check AS "check" FROM fence' },
  setFence: {
    name: 'set-fence',
    text: 'INSERT INTO fence (epoch, key_check) VALUES ($1, $2) ON CONFLICT DO NOTHING',
  },
  // Waits for all that is being written under the old epoch.
  moveFence: { name: 'move-fence', text: 'UPDATE fence SET epoch = $1, key_check = $2 WHERE epoch = $3' },
} satisfies Record<string, Statement>;

const clientOptions = ({ url, tls, ca }: PostgresPlace): pg.ClientConfig => {
  const parsed = URL.parse(url);
  // What is left out would be taken from the environment, past the configuration.
  if (parsed === null || !/^postgresql:\/\/[^/?#]+:[^/?#]+@[^/?#]+\/[^/?#]+$/.test(url))
    throw new VaultUnavailable('the URL of the vault is not postgresql://user:password@host:port/database');
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 5432),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
    ssl: tls === 'verify' && { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    application_name: 'consent-ledger',
    connectionTimeoutMillis: connectMs,
    statement_timeout: scanMs,
    keepAlive: true,
  };
};

const prepareTables = async (options: pg.ClientConfig): Promise<void> => {
  const client = new pg.Client({ ...options, query_timeout: scanMs });
  client.on('error', () => {});
  try {
    await client.connect();
    await migrate(client);
  } catch (error) {
    if (error instanceof VaultUnavailable) throw error;
    throw new VaultUnavailable('the database of the vault cannot be opened', { cause: error });
  } finally {
    // Not waited for: a server that is silent would not let it end.
    void client.end();
  }
};
