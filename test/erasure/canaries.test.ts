import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openKeyStore } from '../../src/vault/keystore.ts';
import type { VaultEntry } from '../../src/vault/port.ts';
import { vaultFile } from '../../src/vault/sqlite.ts';
import { answered, grantFor, questionOf, type Received } from '../http/kit.ts';
import { assertNone, assertNoneOnDisk, canary, identified, planted } from '../support/canaries.ts';
import { openLedgerFolder } from '../support/ledger-process.ts';
import { withFolder } from '../vault/kit.ts';

/** The keys of whom the vault holds, as bytes: each data key, how it is wrapped, and the hashes that lead to it. */
const secretsOf = async (dataFolder: string, keysFolder: string) => {
  const database = new Database(vaultFile(dataFolder), { readonly: true });
  const rows = database
    .prepare<[], VaultEntry & { hash: Buffer }>(
      'SELECT subject, epoch, wrapped, hash FROM subject JOIN identifier USING (subject)',
    )
    .all();
  database.close();
  const keyStore = await openKeyStore(keysFolder);
  return new Map(
    rows.map(({ hash, ...entry }) => {
      const dataKey = keyStore.dataKey(entry).export();
      return [
        entry.subject,
        { 'wrapped key': entry.wrapped, 'data key': dataKey, 'keyed hash': hash },
      ] as const;
    }),
  );
};

/** The files in which these bytes stand, as they are, in hex or in base64. */
const filesWith = async (folder: string, bytes: Buffer): Promise<string[]> => {
  const forms = [
    bytes,
    ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(bytes.toString(form))),
  ];
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const holding = await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file);
      return forms.some((form) => content.includes(form)) ? [file] : [];
    }),
  );
  return holding.flat();
};

const finishedExport = async (get: (path: string) => Promise<Received>, exportId: string) => {
  for (let tries = 0; tries < 600; tries += 1) {
    const { status } = answered('readExport', await get(`/exports/${exportId}`));
    if (status === 'finished') return;
    assert.ok(status === 'queued' || status === 'running', status);
    await sleep(100);
  }
  assert.fail('the export was not made within a minute');
};

it('after an erasure nothing of the person, nor any key, stands in any file, log line or metric', () =>
  withFolder(async (folder) => {
    const ledger = await openLedgerFolder(folder, { settings: { logLevel: 'debug' } });
    const { dataFolder, keysFolder } = ledger.config;
    assert.equal((await ledger.run(['keys', 'init-report-signer'])).code, 0);
    const server = await ledger.serve({ subject: canary(), person: canary() });
    const other = { authorization: `Bearer ${await ledger.token({ subject: canary(), person: canary() })}` };
    const get = (path: string) => server.send('GET', path);
    try {
      const patient = identified();
      answered('grantConsent', await server.post('/consents', grantFor(patient, { grantor: [canary()] })));
      const question = questionOf({ custodian: canary() });
      answered('askDecision', await server.post('/decisions', { patient, question }));
      const asked = {
        kind: 'patient',
        cohort: { by: 'identifiers', identifiers: [patient] },
        reason: canary(),
      };
      const { exportId } = answered('askExport', await server.post('/exports', asked));
      await finishedExport(get, exportId);
      const stays = identified();
      answered('grantConsent', await server.post('/consents', grantFor(stays)));

      const words = () => ({
        requester: { kind: 'representative', name: canary(), contact: canary() },
        identityCheck: canary(),
        ground: 'b',
        scope: 'record',
        note: canary(),
      });
      const request = { patient, ...words() };
      const { erasureId } = answered('requestErasure', await server.post('/erasures', request));
      const at = `/erasures/${erasureId}`;
      answered('amendErasure', await server.post(`${at}/amendments`, words()));
      answered('extendErasure', await server.post(`${at}/extensions`, { reason: canary() }));
      const hold = { ground: 'e', reason: canary() };
      const { holdId } = answered('placeHold', await server.post(`${at}/holds`, hold));
      const lifted = answered(
        'liftHold',
        await server.post(`${at}/holds/${holdId}/liftings`, { reason: canary() }),
      );
      const approval = { revision: lifted.revision };
      assert.equal((await server.post(`${at}/approvals`, approval)).status, 403);

      const before = await secretsOf(dataFolder, keysFolder);
      answered('approveErasure', await server.post(`${at}/approvals`, approval, other));
      for (let tries = 0; answered('readErasure', await get(at)).status !== 'executed'; tries += 1) {
        assert.ok(tries < 300);
        await sleep(100);
      }
      const told = { recipient: 'Organization/a', how: canary() };
      answered('tellRecipient', await server.post(`${at}/notifications`, told));
      assert.equal((await get(`/exports/${exportId}/document`)).status, 410);

      const after = await secretsOf(dataFolder, keysFolder);
      const gone = [...before].filter(([subject]) => !after.has(subject));
      assert.ok(gone.length >= 1, 'the patient, and what was made of the patient alone');
      const { certificate } = answered('erasureCertificate', await get(`${at}/certificate`));
      assert.ok(gone.some(([subject]) => subject === certificate.subject));
      const scan = async (when: string) => {
        for (const [, secrets] of gone)
          for (const [name, bytes] of Object.entries(secrets))
            assert.deepEqual(await filesWith(dataFolder, bytes), [], `${name} ${when}`);
        const [standing] = [...after.values()];
        assert.ok(
          (await filesWith(dataFolder, standing!['wrapped key'])).length > 0,
          'the scan finds what stands',
        );
        await assertNoneOnDisk(dataFolder);
      };
      await scan('while it serves');
      assertNone('the metrics', (await get('/metrics')).text);
      const { stdout, stderr } = await server.stop();
      assert.ok(stdout.split('\n').length > 20, 'it logs requests');
      assertNone('the log', stdout + stderr);
      await scan('once it has stopped');
      const fsck = await ledger.run(['fsck']);
      assert.equal(fsck.code, 0, fsck.stdout);
      assertNone('what fsck says', fsck.stdout + fsck.stderr);
      assert.match(fsck.stdout, /[1-9]\d* of keys that are gone/);
      assert.ok(planted.length > 20, `${planted.length} planted`);
    } finally {
      await server.stop();
    }
  }));
