import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, globSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './eventstored.ts';

/** A server of PostgreSQL for tests, on loopback, in a folder of its own, with passwords (SCRAM). */
export interface PostgresServer {
  /** All that it writes: tables, write-ahead log, temporary files. */
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Makes an empty database and says how to reach it, possibly through a proxy at another port. */
  database(port?: number): Promise<string>;
  /** A client of a database, to be ended by its caller. */
  connect(url: string): Promise<pg.Client>;
  start(): Promise<void>;
  /** SIGKILL to the postmaster, as when a machine is lost. */
  kill(): Promise<void>;
  /** Stops it and removes what it wrote. */
  stop(): Promise<void>;
}

const bin = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1);

/** Why tests against a server are skipped; false where there is one. */
export const noPostgres: string | false =
  bin === undefined ? 'no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql' : false;

/** A program of PostgreSQL's, as pg_dump. */
export const postgresProgram = (name: string): string => join(bin!, name);

const superuser = 'postgres';
const password = 'p@ss:word/1';
const startLimitMs = 30_000;

/** The server refuses to run as root; root has it run as the user that Debian makes for it. */
const account = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((of) =>
    Number(spawnSync('id', [of, 'postgres'], { encoding: 'utf8' }).stdout),
  );
  return { uid: uid!, gid: gid! };
};

export interface PostgresFiles {
  /** PEM texts of the server's certificate and its key. */
  readonly certificate: string;
  readonly key: string;
  /** pg_hba.conf: who may connect, and how. */
  readonly access: string;
}

/** Starts a server; without a certificate it speaks no TLS. */
export const startPostgres = async (tls?: PostgresFiles): Promise<PostgresServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-postgres-'));
  const user = account();
  const own = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    if (user.uid !== undefined) chownSync(file, user.uid, user.gid!);
    return file;
  };
  await chmod(folder, 0o700);
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const data = join(folder, 'data');
  const passwordFile = await own('password', password);
  const init = ['-D', data, '-U', superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'];
  const made = spawnSync(join(bin!, 'initdb'), init, { ...user, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '50' };
  const secured = tls && {
    ssl: 'on',
    ssl_cert_file: await own('server.crt', tls.certificate),
    ssl_key_file: await own('server.key', tls.key),
  };
  if (tls) await own('data/pg_hba.conf', tls.access);
  const port = await freePort();
  const parameters = Object.entries({ ...settings, ...secured, port: String(port) }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  let running: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  };
  const start = async (): Promise<void> => {
    // After a kill the shared memory is in use until the last of the old processes has noticed.
    for (const limit = Date.now() + startLimitMs; Date.now() < limit; await sleep(200)) {
      // It ends with this process, however that ends.
      const program = ['--pdeathsig', 'INT', join(bin!, 'postgres')];
      const child = spawn('setpriv', [...program, '-D', data, ...parameters], {
        ...user,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      running = child;
      if (await isReady(child)) return;
    }
    throw new Error('PostgreSQL did not start');
  };
  const urlOf = (name: string, at = port): string =>
    `postgresql://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${at}/${name}`;

  const connect = async (connectionString: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString, ssl: tls && { rejectUnauthorized: false } });
    await client.connect();
    return client;
  };

  await start();
  return {
    data,
    host: '127.0.0.1',
    port,
    password,
    start,
    connect,
    database: async (at) => {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const client = await connect(urlOf('postgres'));
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return urlOf(name, at);
    },
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const isReady = (child: ChildProcess): Promise<boolean> =>
  new Promise((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready to accept connections')) resolve(true);
    });
    child.once('exit', () => resolve(false));
  });
