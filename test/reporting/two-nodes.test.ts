import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '../../src/record/ids.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import { logFile } from '../../src/store/sqlite.ts';
import { maxStalenessMs, type Node, noServers, SharedServers } from '../faults/two-nodes-kit.ts';
import { answered, grantFor, patientOf } from '../http/kit.ts';

const cohort = Array.from({ length: 24 }, (_, n) => patientOf(`exported-${n}`));
const unknown = patientOf('nobody');
const waitMs = 90_000;

const viewOf = async ({ served }: Node, exportId: string) =>
  answered('readExport', await served.send('GET', `/exports/${exportId}`));

const ask = async ({ served }: Node): Promise<string> => {
  const body = { kind: 'history', cohort: { by: 'identifiers', identifiers: [...cohort, unknown] } };
  return answered('askExport', await served.post('/exports', body)).exportId;
};

/** Settles once an export is as `is` says; fails where it comes to nothing. */
const until = async (
  node: Node,
  exportId: string,
  is: (view: Awaited<ReturnType<typeof viewOf>>) => boolean,
) => {
  for (const end = performance.now() + waitMs; performance.now() < end; await sleep(20)) {
    const view = await viewOf(node, exportId);
    assert.notEqual(view.status, 'failed', view.failure);
    if (is(view)) return view;
  }
  throw new Error('the export does not get on');
};

const isFinished = ({ status }: Awaited<ReturnType<typeof viewOf>>): boolean => status === 'finished';

/** Verifies the document of an export with the keys alone, by the command. */
const verified = async (node: Node, exportId: string, sha256: string | undefined): Promise<string> => {
  const { ledger, served } = node;
  const response = await fetch(`${served.url}/exports/${exportId}/document`, {
    headers: { authorization: `Bearer ${await ledger.token()}` },
  });
  const document = Buffer.from(await response.arrayBuffer());
  assert.equal(createHash('sha256').update(document).digest('hex'), sha256);
  const folder = dirname(ledger.configFile);
  const [file, keys] = [join(folder, `${exportId}.pdf`), join(folder, 'trusted.txt')];
  const verifiers = await ledger.run(['keys', 'verifiers']);
  const certificate = await readFile(selfSignedFiles(ledger.config.keysFolder).certificatesFile, 'utf8');
  await writeFile(keys, `${verifiers.stdout}\n${certificate}`);
  await writeFile(file, document);
  const { code, stdout, stderr } = await ledger.run(['verify', file, '--trust', keys]);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
};

/** The ids of the events that say that a report was issued, as a node that was stopped has them. */
const issuedIn = ({ ledger }: Node): string[] => {
  const log = new LogReader(logFile(ledger.config.dataFolder));
  const ids = log.slice(0, log.head()).flatMap(({ id, type }) => (type === 'ReportIssued' ? [id] : []));
  log.close();
  return ids;
};

it('on two nodes: exports of both verify offline while both write, one is killed, and each is issued once', {
  skip: noServers,
  timeout: 170_000,
}, async (t) => {
  const servers = await SharedServers.start();
  const nodes: Node[] = [];
  let writing = true;
  let written = 0;
  try {
    const one = await servers.node('one');
    nodes.push(one);
    const signer = await one.ledger.run(['keys', 'init-report-signer']);
    assert.equal(signer.code, 0, signer.stderr);
    await one.start();
    const other = await servers.node('other', one);
    nodes.push(other);
    await other.start();
    await Promise.all(nodes.map((node) => node.ready()));

    for (const [n, patient] of cohort.entries()) {
      const [writes, asks] = n % 2 === 0 ? [one, other] : [other, one];
      const { position } = await writes.write('/consents', grantFor(patient));
      assert.equal(await asks.verdict(patient, position), 'permit');
    }
    const keepWriting = async (): Promise<void> => {
      for (let n = 0; writing; n += 1, written += 1) {
        const patient = cohort[n % cohort.length]!;
        const { consentId } = await other.write('/consents', grantFor(patient));
        await other.write(`/consents/${consentId}/revocations`, { patient });
        await other.write('/consents', grantFor(patientOf(`meanwhile-${n}`)));
      }
    };
    const writer = keepWriting();
    const [ofOne, ofOther] = [await ask(one), await ask(other)];
    await until(one, ofOne, ({ progress }) => progress.stage !== undefined);
    const before = written;
    await one.served.kill();
    await one.start();
    const exported = [
      [one, ofOne, await until(one, ofOne, isFinished)],
      [other, ofOther, await until(other, ofOther, isFinished)],
    ] as const;
    assert.ok(written > before, 'nothing was written meanwhile');
    writing = false;
    await writer;
    for (const [node, exportId, { document }] of exported)
      assert.match(await verified(node, exportId, document?.sha256), /is valid\.\n$/);
    const elsewhere = await other.served.send('GET', `/exports/${ofOne}`);
    assert.equal(elsewhere.status, 404, 'it is of the node that was asked');

    other.proxy.disturb({ up: false, down: false });
    await sleep(maxStalenessMs + 500);
    for (const part of ['document', 'package']) {
      const refused = await other.served.send('GET', `/exports/${ofOther}/${part}`);
      assert.equal(refused.status, 503, refused.text);
      assert.match(refused.text, /store-behind/, 'an erasure may not have been heard of');
    }
    other.proxy.disturbNew({});
    await other.ready();
    assert.match(await verified(other, ofOther, exported[1][2].document?.sha256), /is valid\.\n$/);

    const ids = [ofOne, ofOther].map((exportId) => uuidOf(`issued ${exportId}`)).toSorted();
    const { position } = await one.write('/consents', grantFor(patientOf('last')));
    assert.equal(await other.verdict(patientOf('last'), position), 'permit');
    await Promise.all(nodes.map((node) => node.stop()));
    for (const node of nodes) assert.deepEqual(issuedIn(node).toSorted(), ids);
    t.diagnostic(`${written * 3} writes meanwhile`);
  } finally {
    writing = false;
    await Promise.all(nodes.map((node) => node.end()));
    await servers.stop();
  }
});
