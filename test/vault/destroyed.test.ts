import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openLedger } from '../../src/app.ts';
import { backup } from '../../src/cli/backup.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import { rotateEpoch } from '../../src/vault/rotation.ts';
import { grantFor, patientOf } from '../http/kit.ts';
import { type LedgerFolder, openLedgerFolder } from '../support/ledger-process.ts';
import { noPostgres, postgresProgram, startPostgres } from '../support/postgres.ts';
import { withFolder } from './kit.ts';

/** A ledger, the folders in which its vault and its copies lie, and how its vault is copied. */
interface Scanned {
  readonly ledger: LedgerFolder;
  /** Of the vault while it is in service. */
  readonly service: string;
  backUp(folder: string): Promise<void>;
  /** Has all that was written be in the files. */
  flush(): Promise<void>;
  /** Whether deleted rows are overwritten; otherwise they die with the epoch key. */
  readonly overwrites: boolean;
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));

/** As they are, in hex, and in base64 wherever they begin; of base64 the middle, which hangs on nothing around it. */
const encodingsOf = (bytes: Buffer): Buffer[] => [
  bytes,
  Buffer.from(bytes.toString('hex')),
  Buffer.from(bytes.toString('hex').toUpperCase()),
  ...[0, 1, 2].map((offset) =>
    Buffer.from(
      Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .slice(4, -4),
    ),
  ),
];

/** The files in which these bytes stand in any encoding. */
const holding = async (secret: Buffer, folders: readonly string[]): Promise<string[]> => {
  const encodings = encodingsOf(secret);
  const found: string[] = [];
  for (const file of (await Promise.all(folders.map(filesOf))).flat()) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (encodings.some((each) => bytes.includes(each))) found.push(file);
  }
  return found;
};

const destroyedContract = (
  name: string,
  skip: string | false,
  layOut: (folder: string) => Promise<Scanned>,
): void => {
  it(
    `on ${name}, after an erasure and a rotation, no key that opens the patient is anywhere`,
    {
      skip,
      timeout: 120_000,
    },
    () =>
      withFolder(async (folder) => {
        const { ledger, service, backUp, flush, overwrites } = await layOut(folder);
        const served = await ledger.serve({ tenant: 'north' });
        for (const value of ['erased', 'other'])
          assert.equal((await served.post('/consents', grantFor(patientOf(value)))).status, 201);
        await served.stop();
        const opened = await openLedger(ledger.config);
        try {
          const { vault, keyStore, keyring, records } = opened;
          const { subject } = (await keyring.find('north', patientOf('erased')))!;
          const entry = (await vault.get(subject))!;
          const dataKey = keyStore.dataKey(entry).export();
          const epochKey = keyStore.epochs.key(1).export();
          const { keysFolder } = ledger.config;
          const file = JSON.parse(await readFile(join(keysFolder, 'epoch-1.json'), 'utf8'));
          const wrappedEpochKey = Buffer.from(file.wrapped, 'base64');
          await backUp(join(folder, 'backup'));
          await flush();
          const everywhere = [folder, service];
          assert.notDeepEqual(await holding(entry.wrapped, [service]), [], 'the scan sees the vault');
          assert.notDeepEqual(await holding(entry.wrapped, [join(folder, 'backup')]), [], 'and its copy');
          assert.deepEqual(await holding(wrappedEpochKey, everywhere), [join(keysFolder, 'epoch-1.json')]);
          for (const clear of [dataKey, epochKey]) assert.deepEqual(await holding(clear, everywhere), []);

          assert.ok((await records.close('north', subject, randomUUID())).ok);
          assert.ok(await vault.destroy(subject));
          await rotateEpoch({ vault, keyStore, clock: Date.now });
          await flush();
          for (const gone of [dataKey, epochKey, wrappedEpochKey])
            assert.deepEqual(await holding(gone, everywhere), []);
          const left = await holding(entry.wrapped, [service]);
          if (overwrites) assert.deepEqual(left, []);
          assert.notDeepEqual(
            await holding(entry.wrapped, [join(folder, 'backup')]),
            [],
            'the copy still has it',
          );
          const fresh = await openKeyStore(keysFolder);
          for (const store of [keyStore, fresh])
            assert.throws(() => store.dataKey(entry), /epoch 1 is not in the key store/);
        } finally {
          await opened.close();
        }
      }),
  );
};

describe('what is destroyed', () => {
  destroyedContract('SQLite', false, async (folder) => {
    const ledger = await openLedgerFolder(folder);
    const silent = () => ({ show: () => {}, end: () => {} });
    const { signal } = new AbortController();
    return {
      ledger,
      service: join(ledger.config.dataFolder, 'vault'),
      backUp: async (to) => {
        await backup('vault', to, ledger.config, Date.now(), silent, signal);
      },
      flush: async () => {},
      overwrites: true,
    };
  });

  destroyedContract('PostgreSQL', noPostgres, async (folder) => {
    const server = await startPostgres();
    after(() => server.stop());
    const url = await server.database();
    const urlFile = join(folder, 'url');
    await writeFile(urlFile, `${url}\n`, { mode: 0o600 });
    const settings = { vault: 'postgres', postgres: { urlFile, tls: 'off' } };
    return {
      ledger: await openLedgerFolder(folder, { settings }),
      service: server.data,
      backUp: async (to) => {
        await mkdir(to);
        const file = join(to, 'vault.sql');
        await promisify(execFile)(postgresProgram('pg_dump'), ['--format=plain', `--file=${file}`, url]);
      },
      flush: async () => {
        const client = await server.connect(url);
        await client.query('CHECKPOINT');
        await client.end();
      },
      overwrites: false,
    };
  });
});
