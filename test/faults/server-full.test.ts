import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { problem } from '../../schemas/http/common.ts';
import { grantFor, patientOf, questionOf, type Received } from '../http/kit.ts';
import { openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { mountTmpfs, unmount } from '../support/tmpfs.ts';
import { withFolder } from '../vault/kit.ts';

const patient = patientOf('1');
const ask = (server: ServedLedger) => server.post('/decisions', { patient, question: questionOf() });
const emergency = (server: ServedLedger) => {
  const until = new Date(Date.now() + 60_000).toISOString();
  return server.post('/emergencies', { patient, recipient: 'Practitioner/1', until, reason: 'x' });
};
/** Of a patient of its own each time, so that the vault and every read model grow too. */
const grant = (server: ServedLedger, name: string) =>
  server.post('/consents', grantFor(patientOf(name), { witness: ['x'.repeat(200)] }));

/** Repeats a request until it is refused; answers with the refusal. */
const untilRefused = async (send: (time: number) => Promise<Received>): Promise<Received> => {
  for (let time = 0; ; time++) {
    const received = await send(time);
    if (received.status >= 400) return received;
  }
};

const assertFull = (received: Received) => {
  const { status } = problem.parse(received.json);
  assert.ok(status === 507 || status === 503, received.text);
};

const eventually = async (holds: () => Promise<boolean>) => {
  for (const end = Date.now() + 20_000; !(await holds()); await delay(50)) assert.ok(Date.now() < end);
};

test('a full disk: writes and answers are refused, reads and health go on, and after space returns all is well', (t) =>
  withFolder(async (folder) => {
    const dataFolder = join(folder, 'data');
    await mkdir(dataFolder, { mode: 0o700 });
    if (!mountTmpfs(dataFolder, 6)) return t.skip('mounting a tmpfs needs root');
    try {
      const ledger = await openLedgerFolder(folder);
      const ballast = join(dataFolder, 'ballast');
      await writeFile(ballast, Buffer.alloc(3 * 1024 ** 2));
      const server = await ledger.serve();
      try {
        const first = await server.post('/consents', grantFor(patient));
        assert.equal(first.status, 201, first.text);
        assert.equal((await ask(server)).status, 200);
        assertFull(await untilRefused((time) => grant(server, `patient-${time}`)));
        assertFull(await untilRefused(() => emergency(server)));
        // An answer that cannot be logged is none, whatever it would have been.
        assertFull(await untilRefused(() => ask(server)));
        const revision = await assertReads(server);

        await rm(ballast);
        await eventually(async () => (await ask(server)).status === 200);
        const again = await emergency(server);
        assert.equal(again.json.revision, revision + 1, again.text);
        const { position } = again.json;
        await eventually(
          async () => (await server.send('GET', `/consents?position=${position}`)).status === 200,
        );
        const asked = await server.post('/patients/disclosures', { patient });
        assert.equal(asked.status, 200, asked.text);
      } finally {
        await server.stop();
      }
      const { code, stdout } = await ledger.run(['fsck']);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^Clean\.$/m);
    } finally {
      unmount(dataFolder);
    }
  }));

/** All that tells of what is recorded goes on; answers with the revision of the patient. */
const assertReads = async (server: ServedLedger): Promise<number> => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/consents', '/operations/status']) {
    const { status, text } = await server.send('GET', path);
    assert.equal(status, 200, `${path}: ${text}`);
  }
  const history = await server.post('/patients/history', { patient });
  assert.equal(history.status, 200, history.text);
  const { status, json, text } = await server.post('/patients/consents', { patient });
  assert.equal(status, 200, text);
  assert.equal(json.consents?.[0]?.standing, 'in-force');
  return Number(json.revision);
};
