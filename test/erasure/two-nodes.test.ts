import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Node, noServers, SharedServers } from '../faults/two-nodes-kit.ts';
import { answered, grantFor } from '../http/kit.ts';
import { assertNone, canary, identified } from '../support/canaries.ts';
import { terms } from './kit.ts';
import { raceNodes } from './node-races.ts';

/** Every file of a folder that can be read: servers move theirs while they run. */
const scan = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  let scanned = 0;
  for (const each of names.filter((one) => one.isFile())) {
    const file = join(each.parentPath, each.name);
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) continue;
    assertNone(file, content);
    scanned += 1;
  }
  return scanned;
};

it('on two nodes: erased by one, forgotten by both, and in no file of either store, server or node', {
  skip: noServers,
  timeout: 170_000,
}, async (t) => {
  const servers = await SharedServers.start();
  const nodes: Node[] = [];
  try {
    const [one, other] = await servers.pair(nodes);

    const patient = identified();
    const { position } = await one.write('/consents', grantFor(patient, { grantor: [canary()] }));
    for (const node of nodes) assert.equal(await node.verdict(patient, position), 'permit');
    const asked = { patient, ...terms, identityCheck: canary(), note: canary() };
    const opened = answered('requestErasure', await one.served.post('/erasures', asked));
    const path = `/erasures/${opened.erasureId}`;
    const token = await one.ledger.token({ subject: 'head' });
    const approve = () =>
      other.served.post(`${path}/approvals`, { revision: 0 }, { authorization: `Bearer ${token}` });
    let approved = await approve();
    for (let tries = 0; approved.status === 404 && tries < 50; tries += 1, approved = await approve())
      await sleep(100); // The other node has not heard of the request yet.
    answered('approveErasure', approved);
    for (let tries = 0; ; tries += 1) {
      const { status } = answered('readErasure', await one.served.send('GET', path));
      if (status === 'executed') break;
      assert.ok(tries < 600, status);
      await sleep(100);
    }
    for (const node of nodes) {
      const { json } = await node.ask(patient);
      assert.equal(json.answer?.items?.[0]?.reason, 'unknown-patient');
      assert.equal((await node.served.post('/patients/history', { patient })).status, 404);
    }
    const again = await other.write('/consents', grantFor(patient));
    assert.equal(await one.verdict(patient, again.position), 'permit');
    assert.equal((await one.history(patient)).length, 1, 'a new subject');
    const read = answered('readErasure', await one.served.send('GET', path));
    assert.deepEqual(
      read.recipients.map(({ reference, answers }) => [reference, answers]),
      [['Organization/a', 2]],
    );
    for (const node of nodes) assertNone('the metrics', (await node.served.send('GET', '/metrics')).text);
    const logs = await Promise.all(nodes.map((node) => node.stop()));
    assertNone('the logs', logs.join(''));
    const folders = [...servers.files, ...nodes.map(({ ledger }) => ledger.config.dataFolder)];
    const counts = await Promise.all(folders.map(scan));
    assert.ok(
      counts.every((count) => count > 3),
      counts.join(),
    );
    t.diagnostic(`${counts.join(', ')} files of EventStoreDB, PostgreSQL and the nodes`);
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
    await servers.stop();
  }
});

/** `node test/erasure/run-races.ts 50 nodes` does more of them. */
it('on two nodes, with grants and checks in full flight on both: none follows the erasure, none is permitted after it', {
  skip: noServers,
  timeout: 170_000,
}, async (t) => {
  const races = await raceNodes(2);
  assert.ok(races.granted > 0 && races.permits > 0 && races.denials > 0);
  t.diagnostic(JSON.stringify(races));
});
