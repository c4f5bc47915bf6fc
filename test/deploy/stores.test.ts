import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCredentials, readSecret } from '../../src/config/secret-files.ts';
import { RemoteClient } from '../../src/store/eventstoredb-client.ts';
import { openPostgresVault } from '../../src/vault/postgres.ts';
import { freePort } from '../support/eventstored.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { compose, fileOf, type Service, secretsOf, textOf } from './compose.ts';

/** Whether a server of EventStoreDB is live, by its own check, over TLS with a certificate of this authority. */
const lives = (port: number, ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    get({ host: 'localhost', port, path: '/health/live', ca }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 204);
    }).on('error', () => resolve(false));
  });

/** Starts the stores as docker-compose.yml does, as far as that can be without containers. */
describe('the stores of docker-compose.yml, with what prepare.sh makes', () => {
  let folder: string;
  const secret = (name: string): string => join(folder, 'deploy/secrets', name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consent-ledger-deploy-'));
    await cp(fileOf('deploy/prepare.sh'), join(folder, 'deploy/prepare.sh'));
    const made = spawnSync(join(folder, 'deploy/prepare.sh'), ['ledger.example'], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A text of the Compose file as the container meets it, with its secrets where they are here. */
  const here = (service: Service, text: string): string => {
    let said = text.replaceAll('$$', '$');
    for (const [target, file] of secretsOf(service)) said = said.replaceAll(target, join(folder, file));
    return said;
  };

  it('each secret is made, in a closed folder, and is never made again', () => {
    for (const { file } of Object.values(compose.secrets))
      assert.notEqual(readSecret(join(folder, file)), '');
    const listed = spawnSync('stat', ['-c', '%a', join(folder, 'deploy/secrets')], { encoding: 'utf8' });
    assert.equal(listed.stdout.trim(), '700');
    const again = spawnSync(join(folder, 'deploy/prepare.sh'), { encoding: 'utf8' });
    assert.equal(again.status, 1);
    assert.match(again.stderr, /there already/);
  });

  describe('PostgreSQL', { skip: noPostgres }, () => {
    let server: PostgresServer;
    let url: string;

    before(async () => {
      const { command = [] } = compose.services.postgres!;
      for (const setting of ['ssl=on', 'ssl_cert_file', 'ssl_key_file', 'hba_file'])
        assert.ok(
          command.some((part) => part.startsWith(`-c${setting}`)),
          setting,
        );
      server = await startPostgres({
        certificate: await readFile(secret('postgres.crt'), 'utf8'),
        key: await readFile(secret('postgres.key'), 'utf8'),
        access: textOf('deploy/pg_hba.conf'),
      });
      const port = String(server.port);
      const made = spawnSync('sh', [fileOf('deploy/postgres-init.sh')], {
        encoding: 'utf8',
        env: {
          ...process.env,
          POSTGRES_USER: 'postgres',
          VAULT_PASSWORD_FILE: secret('vault-password'),
          ...{ PGHOST: server.host, PGPORT: port, PGPASSWORD: server.password, PGSSLMODE: 'require' },
        },
      });
      assert.equal(made.status, 0, made.stderr);
      url = readSecret(secret('vault-url')).replace('@postgres:5432/', `@localhost:${port}/`);
    });
    after(() => server.stop());

    it('takes the vault over TLS, with a certificate of the deployment’s authority', async () => {
      const ca = readSecret(secret('ca.crt'));
      for (const host of ['localhost', '127.0.0.1']) {
        const place = {
          url: url.replace('@localhost', `@${host}`),
          tls: 'verify',
          ca,
          connections: 2,
        } as const;
        const vault = await openPostgresVault(place);
        const entry = { subject: randomUUID(), epoch: 1, wrapped: randomBytes(60) };
        await vault.advance(undefined, { epoch: 1, check: randomBytes(32) });
        await vault.admit(randomBytes(32), entry);
        assert.deepEqual(await vault.get(entry.subject), entry);
        await vault.close();
      }
    });

    it('is not believed where another authority vouches for it, and takes nothing without TLS', async () => {
      const unavailable = { code: 'vault-unavailable' };
      await assert.rejects(openPostgresVault({ url, tls: 'verify', connections: 1 }), unavailable);
      await assert.rejects(openPostgresVault({ url, tls: 'off', connections: 1 }), unavailable);
    });
  });

  const noServer = spawnSync('eventstored', ['--version']).error !== undefined;
  it('EventStoreDB takes its variables, and the service by TLS and password', {
    skip: noServer && 'no EventStoreDB: put `eventstored` on PATH',
    timeout: 180_000,
  }, async () => {
    const service = compose.services.eventstoredb!;
    const [port, tcpPort] = [await freePort(), await freePort()];
    const places = ['--db', '--index', '--log'].flatMap((option) => [option, join(folder, `es${option}`)]);
    const ports = ['--node-ip', '127.0.0.1', '--node-port', `${port}`, '--replication-port', `${tcpPort}`];
    const [shell, flag, script] = service.entrypoint!.map((part) => here(service, part));
    const [image, program] = ['/opt/eventstore/EventStore.ClusterNode', 'eventstored'];
    assert.ok(script!.endsWith(`exec ${image}`));
    // The authority's folder, which the container has apart from the other secrets.
    await cp(secret('ca.crt'), join(folder, 'ca/ca.crt'));
    const environment = Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      value === '/certs/ca' ? join(folder, 'ca') : here(service, String(value)),
    ]);
    const child = spawn(
      shell!,
      [flag!, `${script!.replace(image, program)} ${[...places, ...ports].join(' ')}`],
      {
        env: {
          ...process.env,
          ...Object.fromEntries(environment),
          EVENTSTORE_NODE_HOST_ADVERTISE_AS: 'localhost',
        },
        stdio: 'ignore',
      },
    );
    const exited = once(child, 'exit');
    const client = (password: string): RemoteClient =>
      new RemoteClient({
        connectionString: readSecret(secret('eventstoredb-connection'))
          .replace('//eventstoredb:2113', `//localhost:${port}`)
          .replace('/run/secrets/', `${join(folder, 'deploy/secrets')}/`),
        credentials: { ...readCredentials(secret('eventstoredb-credentials')), password },
      });
    const { password } = readCredentials(secret('eventstoredb-credentials'));
    const [known, stranger] = [client(password), client('changeit')];
    try {
      const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
        for (const end = Date.now() + 90_000; !(await holds()); await sleep(200))
          assert.ok(Date.now() < end && child.exitCode === null, what);
      };
      const ca = readSecret(secret('ca.crt'));
      await until('it lives', () => lives(port, ca));
      const event = { id: randomUUID(), type: 'Tried', metadata: '{}', data: randomBytes(8) };
      // The same event each time: an append that was not answered may have happened.
      const written = async () => (await known.append('trial', [event], -1, 2_000)).answer === 'written';
      await until('it takes an event', written);
      assert.ok(await known.head(5_000));
      await assert.rejects(stranger.head(2_000), /denied|unauthenticated|authenticat/i);
    } finally {
      await Promise.all([known.dispose(), stranger.dispose()]);
      child.kill('SIGKILL');
      await exited;
    }
  });
});
