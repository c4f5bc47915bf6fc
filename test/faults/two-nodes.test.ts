import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantFor, patientOf } from '../http/kit.ts';
import { maxStalenessMs, type Node, noServers, type Patient, SharedServers } from './two-nodes-kit.ts';

const rounds = 300;
/** Patients who are written and asked about side by side. */
const side = 6;
const expiring = 12;
/** Milliseconds until a consent ends, and of the longest wait between two passes over what is due. */
const endsInMs = 3_000;
const passMs = 12_000;

describe('two nodes on one EventStoreDB and one PostgreSQL', { skip: noServers, timeout: 300_000 }, () => {
  let servers: SharedServers;
  let one: Node;
  let other: Node;
  before(async () => {
    servers = await SharedServers.start();
    one = await servers.node('one');
    await one.start();
    other = await servers.node('other', one);
    await other.start();
  });
  after(async () => {
    await one.end();
    await other.end();
    await servers.stop();
  });

  it('what is granted or revoked on one is so on the other at once, by its position', async () => {
    const turns = async (patient: Patient): Promise<void> => {
      for (let round = 0; round < rounds / side; round++) {
        const [writes, asks] = round % 2 === 0 ? [one, other] : [other, one];
        const granted = await writes.write('/consents', grantFor(patient));
        assert.equal(await asks.verdict(patient, granted.position), 'permit');
        const revoked = await writes.write(`/consents/${granted.consentId}/revocations`, { patient });
        assert.notEqual(await asks.verdict(patient, revoked.position), 'permit');
      }
    };
    await Promise.all(Array.from({ length: side }, (_, n) => turns(patientOf(`turns-${n}`))));
  });

  it('a patient of whom a node knew nothing is known to it once another wrote of them', async () => {
    const patient = patientOf('unheard-of');
    assert.notEqual(await other.verdict(patient), 'permit');
    const { position } = await one.write('/consents', grantFor(patient));
    assert.equal(await other.verdict(patient, position), 'permit');
  });

  it('what both write of one patient at once is all there, in one order', async () => {
    const patient = patientOf('contended');
    const grants = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? one : other).write('/consents', grantFor(patient)),
    );
    const written = await Promise.all(grants);
    const last = written.map(({ position }) => position).toSorted((a, b) => Number(a) - Number(b));
    for (const node of [one, other]) assert.equal(await node.verdict(patient, last.at(-1)), 'permit');
    const [here, there] = [await one.history(patient), await other.history(patient)];
    assert.equal(here.length, written.length);
    assert.deepEqual(here, there);
  });

  it('a rotation of the keys on one loses nobody whom either admits meanwhile', async () => {
    const epochsOf = async (node: Node) => {
      const { json } = await node.served.send('GET', '/operations/epochs');
      return json as unknown as {
        epochs: { readonly epoch: number }[];
        rotation: { readonly last?: { readonly outcome: string } };
      };
    };
    let admitted = 0;
    let admitting = true;
    const admit = async (node: Node, name: string): Promise<void> => {
      for (let n = 0; admitting; n += 1, admitted += 1)
        await node.write('/consents', grantFor(patientOf(`${name}-${n}`)));
    };
    const writers = [admit(one, 'by-one'), admit(other, 'by-other')];
    while (admitted < 20) await sleep(20);
    assert.equal((await one.served.post('/operations/epochs/rotation', {})).status, 200);
    while ((await epochsOf(one)).rotation.last === undefined) await sleep(20);
    const rotated = admitted;
    while (admitted < rotated + 20) await sleep(20);
    admitting = false;
    await Promise.all(writers);
    const { epochs, rotation } = await epochsOf(one);
    assert.deepEqual([epochs.map(({ epoch }) => epoch), rotation.last?.outcome], [[2], 'completed']);
    // Started anew, neither has a key in memory.
    await Promise.all([one.stop(), other.stop()]);
    await Promise.all([one.start(), other.start()]);
    for (const [node, name] of [
      [other, 'by-one'],
      [one, 'by-other'],
    ] as const)
      for (let n = 0; n < 10; n += 1)
        assert.equal(await node.verdict(patientOf(`${name}-${n}`)), 'permit', `${name}-${n}`);
  });

  it('an end is recorded once, though both look for ends', async () => {
    const ending = async (name: string): Promise<readonly Patient[]> => {
      const patients = Array.from({ length: expiring }, (_, n) => patientOf(`${name}-${n}`));
      const period = { end: new Date(Date.now() + endsInMs).toISOString() };
      await Promise.all(patients.map((patient) => one.write('/consents', grantFor(patient, { period }))));
      return patients;
    };
    // These end while nobody is there: both find them at their start.
    const unattended = await ending('unattended');
    await Promise.all([one.stop(), other.stop()]);
    await sleep(endsInMs);
    await Promise.all([one.start(), other.start()]);
    const attended = await ending('attended');
    await sleep(endsInMs + passMs);
    for (const patient of [...unattended, ...attended]) {
      const [here, there] = [await one.history(patient), await other.history(patient)];
      assert.deepEqual(
        here.map(({ type }) => type),
        ['ConsentGranted', 'ConsentExpired'],
      );
      assert.deepEqual(here, there);
      assert.notEqual(await other.verdict(patient), 'permit');
    }
  });

  it('cut off from the store it refuses to answer and is not ready, while the other goes on, and it heals', async () => {
    const patient = patientOf('cut-off');
    const { consentId, position } = await one.write('/consents', grantFor(patient));
    assert.equal(await other.verdict(patient, position), 'permit');
    other.proxy.disturb({ up: false, down: false });
    const revoked = await one.write(`/consents/${consentId}/revocations`, { patient });
    await sleep(maxStalenessMs + 500);
    const refused = await other.ask(patient);
    assert.equal(refused.status, 503, refused.text);
    assert.match(String(refused.json.type), /store-behind/);
    for (const path of ['/patients/history', '/patients/consents', '/patients/disclosures']) {
      const read = await other.served.post(path, { patient });
      assert.equal(read.status, 503, `${path}: ${read.text}`);
      assert.match(String(read.json.type), /store-behind/);
    }
    const { status, text } = await other.readiness();
    assert.equal(status, 503);
    assert.match(text, /store-behind/);
    assert.notEqual(await one.verdict(patient), 'permit');

    other.proxy.disturbNew({});
    await other.ready();
    assert.notEqual(await other.verdict(patient), 'permit');
    assert.notEqual(await other.verdict(patient, revoked.position), 'permit');
    const again = await other.write('/consents', grantFor(patient));
    assert.equal(await one.verdict(patient, again.position), 'permit');
  });

  it('a node that is stopped, emptied and started again answers the same', async () => {
    const granted = patientOf('kept');
    const withdrawn = patientOf('withdrawn');
    await one.write('/consents', grantFor(granted));
    const { consentId } = await one.write('/consents', grantFor(withdrawn));
    await other.stop();
    const { position } = await one.write(`/consents/${consentId}/revocations`, { patient: withdrawn });
    await other.empty();
    await other.start();
    await other.ready();
    assert.equal(await other.verdict(granted), 'permit');
    assert.equal(await other.verdict(withdrawn, position), await one.verdict(withdrawn));
    assert.notEqual(await other.verdict(withdrawn), 'permit');
    for (const patient of [granted, withdrawn])
      assert.deepEqual(await other.history(patient), await one.history(patient));
  });

  it('a drill on a node finds its read models as they were, while the other serves', async () => {
    await other.stop();
    const { dataFolder } = other.ledger.config;
    const before = await readdir(join(dataFolder, 'models'));
    const { code, stdout, stderr } = await other.ledger.run(['drill']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /All 3 are as they were\.$/m);
    assert.notDeepEqual(await readdir(join(dataFolder, 'models')), before);
    assert.equal((await one.readiness()).status, 200);
  });
});
