import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Ledger, openLedger } from '../../src/app.ts';
import { rotateEpoch } from '../../src/vault/rotation.ts';
import { vaultFile } from '../../src/vault/sqlite.ts';
import { grantFor, patientOf, questionOf } from '../http/kit.ts';
import { type LedgerFolder, openLedgerFolder } from '../support/ledger-process.ts';
import { noPostgres, startPostgres } from '../support/postgres.ts';
import { withFolder } from './kit.ts';

/** A ledger whose vault can be copied and put back while nothing is open. */
interface Restorable {
  readonly ledger: LedgerFolder;
  copyVault(): Promise<void>;
  restoreVault(): Promise<void>;
}

const tenant = 'tenant-a';
const [erased, other] = [patientOf('erased'), patientOf('other')];

const restoredContract = (
  name: string,
  skip: string | false,
  layOut: (folder: string) => Promise<Restorable>,
) => {
  const test = (what: string, run: (kit: Restorable) => Promise<void>): void => {
    it(what, { timeout: 120_000 }, () => withFolder(async (folder) => run(await layOut(folder))));
  };
  const onLedger = async <T>({ ledger }: Restorable, work: (opened: Ledger) => Promise<T>): Promise<T> => {
    const opened = await openLedger(ledger.config);
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };
  const permitted = async ({ ledger }: Restorable): Promise<boolean[]> => {
    const served = await ledger.serve({ tenant });
    try {
      const answers = [];
      for (const patient of [erased, other]) {
        const question = questionOf({ items: [{}] });
        const { status, text } = await served.post('/decisions', { patient, question });
        assert.equal(status, 200, text);
        answers.push(text.includes(`"decision":"permit"`));
      }
      return answers;
    } finally {
      await served.stop();
    }
  };
  /** Two patients with a consent each, a copy of the vault, and then the erasure of one of them. */
  const fill = async (kit: Restorable): Promise<string> => {
    const served = await kit.ledger.serve({ tenant });
    for (const patient of [erased, other])
      assert.equal((await served.post('/consents', grantFor(patient))).status, 201);
    await served.stop();
    assert.deepEqual(await permitted(kit), [true, true]);
    await kit.copyVault();
    return onLedger(kit, async ({ keyring, records, vault }) => {
      const { subject } = (await keyring.find(tenant, erased))!;
      assert.ok((await records.close(tenant, subject, randomUUID())).ok);
      assert.ok(await vault.destroy(subject));
      return subject;
    });
  };

  describe(`a vault on ${name} that was restored from before an erasure`, { skip }, () => {
    test('has the erased patient destroyed again before the first answer, and nobody else', async (kit) => {
      const subject = await fill(kit);
      await kit.restoreVault();
      assert.deepEqual(await permitted(kit), [false, true]);
      await onLedger(kit, async ({ vault, keyring, destroyedAgain }) => {
        assert.equal(destroyedAgain, 0, 'the service has done it');
        assert.equal(await vault.get(subject), undefined);
        assert.equal(await keyring.find(tenant, erased), undefined);
        assert.ok(await keyring.find(tenant, other));
      });
      await kit.restoreVault();
      await onLedger(kit, async ({ vault, destroyedAgain }) => {
        assert.equal(destroyedAgain, 1);
        assert.equal(await vault.get(subject), undefined);
      });
    });

    test('is refused once the epoch is retired, and nothing is served', async (kit) => {
      await fill(kit);
      await onLedger(kit, async ({ vault, keyStore }) => {
        await rotateEpoch({ vault, keyStore, clock: Date.now });
      });
      assert.deepEqual(await permitted(kit), [false, true]);
      await kit.restoreVault();
      await assert.rejects(openLedger(kit.ledger.config), /copy from before the rotation to epoch 2/);
      const { code, stderr } = await kit.ledger.run(['serve']);
      assert.equal(code, 1);
      assert.match(stderr, /can never be opened again\. Restore a copy made since then\./);
    });
  });
};

restoredContract('SQLite', false, async (folder) => {
  const ledger = await openLedgerFolder(folder);
  const place = dirname(vaultFile(ledger.config.dataFolder));
  const copy = join(folder, 'copy');
  return {
    ledger,
    copyVault: () => cp(place, copy, { recursive: true }),
    restoreVault: async () => {
      await rm(place, { recursive: true });
      await cp(copy, place, { recursive: true });
    },
  };
});

const server = noPostgres === false ? await startPostgres() : undefined;
after(() => server?.stop());

restoredContract('PostgreSQL', noPostgres, async (folder) => {
  const [url, admin] = [await server!.database(), await server!.database()];
  const name = new URL(url).pathname.slice(1);
  const urlFile = join(folder, 'url');
  await writeFile(urlFile, `${url}\n`, { mode: 0o600 });
  const settings = { vault: 'postgres', postgres: { urlFile, tls: 'off' } };
  const copy = async (from: string, to: string): Promise<void> => {
    const client = await server!.connect(admin);
    await client.query(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    await client.end();
  };
  return {
    ledger: await openLedgerFolder(folder, { settings }),
    copyVault: () => copy(name, `${name}_copy`),
    restoreVault: () => copy(`${name}_copy`, name),
  };
});
