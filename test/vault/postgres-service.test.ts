import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { noPostgres, startPostgres } from '../support/postgres.ts';
import { withFolder } from './kit.ts';

const treatment = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' };
const patient = (value: string) => ({ system: 'urn:example:mrn', value });

const grant = (served: ServedLedger, value: string, headers?: Record<string, string>) =>
  served.post(
    '/consents',
    {
      patient: patient(value),
      signedAt: '2026-03-01',
      rules: [{ type: 'permit', recipient: [{ reference: 'Organization/a' }], purpose: [treatment] }],
    },
    headers,
  );

const ask = (served: ServedLedger, value: string) =>
  served.post('/decisions', {
    patient: patient(value),
    question: {
      recipient: { reference: 'Practitioner/7', memberOf: ['Organization/a'], roles: [] },
      purpose: treatment,
      action: 'access',
      items: [{}],
    },
  });

it(
  'a write refused for what its sender had seen leaves nothing of a patient who is not known',
  {
    skip: noPostgres,
    timeout: 120_000,
  },
  () =>
    withFolder(async (folder) => {
      const server = await startPostgres();
      const url = await server.database();
      const urlFile = join(folder, 'url');
      await writeFile(urlFile, `${url}\n`, { mode: 0o600 });
      const settings = { vault: 'postgres', postgres: { urlFile, tls: 'off' } };
      const ledger = await openLedgerFolder(folder, { settings });
      const served = await ledger.serve();
      const client = await server.connect(url);
      const subjects = async (): Promise<number> => {
        const { rows } = await client.query('SELECT count(*)::integer AS count FROM subject');
        return rows[0].count;
      };
      try {
        assert.equal((await grant(served, '1')).status, 201);
        const before = await subjects();
        assert.equal((await grant(served, '2', { 'if-match': '"0"' })).status, 412);
        assert.equal(await subjects(), before);
        assert.equal((await grant(served, '2', { 'if-match': '"-1"' })).status, 201);
        assert.equal(await subjects(), before + 1);
      } finally {
        await client.end();
        await served.stop();
        await server.stop();
      }
    }),
);

it(
  'a service whose vault goes: whom it knows is answered, the others get a clear 503, and it heals',
  {
    skip: noPostgres,
    timeout: 120_000,
  },
  () =>
    withFolder(async (folder) => {
      const server = await startPostgres();
      const urlFile = join(folder, 'url');
      await writeFile(urlFile, `${await server.database()}\n`, { mode: 0o600 });
      const ledger = await openLedgerFolder(folder, {
        settings: { vault: 'postgres', postgres: { urlFile, tls: 'off' } },
      });
      const served = await ledger.serve();
      try {
        assert.equal((await grant(served, '1')).status, 201);
        assert.equal((await ask(served, '1')).status, 200);

        await server.kill();
        assert.equal((await ask(served, '1')).status, 200, 'its key is in the cache');
        for (const refused of [await ask(served, '2'), await grant(served, '2')]) {
          assert.equal(refused.status, 503);
          assert.match(String(refused.json.type), /vault-unavailable/);
        }

        await server.start();
        for (let tries = 0; (await ask(served, '2')).status !== 200; tries += 1) {
          assert.ok(tries < 50, 'it heals');
          await sleep(200);
        }
        assert.equal((await grant(served, '2')).status, 201);
      } finally {
        const { code, stderr } = await served.stop();
        await server.stop();
        assert.equal(code, 0, stderr);
      }
    }),
);
