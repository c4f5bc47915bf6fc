import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiRoutes } from '../../schemas/http/routes.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import { logFile } from '../../src/store/sqlite.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { grantFor, patientOf, questionOf } from '../http/kit.ts';
import { type LedgerFolder, openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';

const patients = 60;
/** Milliseconds until the power goes out: at first before anything is done, then later each time, however slow this machine is. */
const untilKill = (kills: number): number => 40 * 1.3 ** kills;
const mostKills = 30;
const identifiers = Array.from({ length: patients }, (_, n) => patientOf(`kill-${n}`));

const fill = async (server: ServedLedger): Promise<void> => {
  await Promise.all(identifiers.map((patient) => server.post('/consents', grantFor(patient))));
  const requests = identifiers
    .slice(0, 100)
    .map((patient) => ({ patient, questions: [questionOf(), questionOf()] }));
  assert.equal((await server.post('/decisions/batch', { requests })).status, 200);
};

const viewOf = async (server: ServedLedger, exportId: string) =>
  apiRoutes.readExport.response.parse((await server.send('GET', `/exports/${exportId}`)).json);

/** Of an export that is not finished nothing is offered. */
const nothingOffered = async (server: ServedLedger, exportId: string): Promise<void> => {
  for (const part of ['document', 'package']) {
    const { status, json } = await server.send('GET', `/exports/${exportId}/${part}`);
    // It may have finished in between.
    if (status !== 200) assert.equal(json.code, 'export-not-ready');
  }
};

/** Kills the server again and again while it works on an export; gives how often, and the server that finished it. */
const killed = async (
  ledger: LedgerFolder,
  first: ServedLedger,
  exportId: string,
  started: (server: ServedLedger) => void,
) => {
  let server = first;
  const stages = new Set<string>();
  for (let kills = 0; kills < mostKills; kills += 1) {
    await sleep(untilKill(kills));
    const { status, progress, failure } = await viewOf(server, exportId);
    assert.equal(failure, undefined);
    if (status === 'finished') return { server, kills, stages };
    stages.add(progress.stage ?? status);
    await nothingOffered(server, exportId);
    await server.kill();
    server = await ledger.serve();
    started(server);
  }
  throw new Error('it does not get on');
};

it('an export outlives power cuts: it is gone on with, once, and no half of it is ever offered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-exports-kill-'));
  let running: ServedLedger | undefined;
  try {
    const ledger = await openLedgerFolder(folder);
    await ledger.run(['keys', 'init-report-signer']);
    const first = await ledger.serve();
    running = first;
    await fill(first);
    const asked = await first.post('/exports', {
      kind: 'history',
      cohort: { by: 'identifiers', identifiers },
    });
    assert.equal(asked.status, 201, asked.text);
    const { exportId } = apiRoutes.askExport.response.parse(asked.json);
    const { server, kills, stages } = await killed(ledger, first, exportId, (one) => {
      running = one;
    });
    assert.ok(kills > 0, 'it was never killed');

    const view = await viewOf(server, exportId);
    const token = await ledger.token();
    const fetched = async (part: string) => {
      const response = await fetch(`${server.url}/exports/${exportId}/${part}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return Buffer.from(await response.arrayBuffer());
    };
    const document = await fetched('document');
    assert.equal(
      createHash('sha256').update(document).digest('hex'),
      view.document?.sha256,
      [...stages].join(),
    );
    const { json } = await server.send('GET', '/evidence/checkpoint');
    const trusted = (json.verifiers as unknown as string[]).map((key) => parseVerifierKey(key)!);
    const evidence = await fetched('package');
    const verdict = await verifyPackage(
      (async function* () {
        yield evidence;
      })(),
      { trusted },
    );
    assert.equal(verdict.valid, true, JSON.stringify(verdict.fault));
    assert.deepEqual(verdict.checked.patients, { known: patients, unknown: 0, erased: 0 });

    await server.stop();
    running = undefined;
    const log = new LogReader(logFile(ledger.config.dataFolder));
    const issued = log.slice(0, log.head()).filter(({ type }) => type === 'ReportIssued');
    log.close();
    assert.equal(issued.length, 1);
    const files = await readdir(join(ledger.config.dataFolder, 'exports'));
    assert.deepEqual(
      files.filter((name) => !name.startsWith('exports.db')).map((name) => name.slice(0, 36)),
      [exportId],
    );
  } finally {
    await running?.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
