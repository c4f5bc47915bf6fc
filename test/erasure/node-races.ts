import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogReader } from '../../src/store/log-reader.ts';
import { logFile } from '../../src/store/sqlite.ts';
import { type Node, SharedServers } from '../faults/two-nodes-kit.ts';
import { answered, grantFor, patientOf, purpose } from '../http/kit.ts';
import { terms } from './kit.ts';

/** What came of the rounds; all but `rounds` and `laggedMs` say how much was in flight. */
export interface NodeRaces {
  readonly rounds: number;
  /** Grants that were written; by code, those that were refused. */
  granted: number;
  refused: Record<string, number>;
  permits: number;
  denials: number;
  /** The latest permit: how long its question was put after PatientErased was recorded. Negative: before. */
  laggedMs: number;
}

/** Hands of each kind on each node. */
const hands = 2;
/** For how long all goes on once the erasure is executed. */
const afterMs = 300;

/** About another purpose than questions are: whoever is permitted to treat is so by what was granted before. */
const billing = (patient: object) => ({
  patient,
  signedAt: '2026-01-01',
  purpose: [purpose('HPAYMT')],
  rules: [{ type: 'permit' }],
});

/**
 * Erases patients, one after the other, on two nodes that share an EventStoreDB and a PostgreSQL, while both are asked
 * and written to without pause. Rejects where an event follows PatientErased in the replica of either node; where a
 * question is permitted that was put once the keys were gone, on either node; where a node answers otherwise than with
 * an answer; or where the one who comes again is not a new subject on both. `onRound` is told of each.
 */
export const raceNodes = async (
  rounds: number,
  onRound: (round: number) => void = () => {},
): Promise<NodeRaces> => {
  const sum = { rounds, granted: 0, refused: {}, permits: 0, denials: 0, laggedMs: Number.NEGATIVE_INFINITY };
  const servers = await SharedServers.start();
  const nodes: Node[] = [];
  try {
    const [one, other] = await servers.pair(nodes);
    for (let round = 0; round < rounds; round += 1) {
      await oneRound(round % 2 === 0 ? [one, other] : [other, one], round, sum);
      onRound(round);
    }
    await Promise.all(nodes.map((node) => node.stop()));
    for (const { ledger } of nodes) assertClosed(ledger.config.dataFolder, rounds);
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
    await servers.stop();
  }
  return sum;
};

const oneRound = async (
  [one, other]: readonly [Node, Node],
  round: number,
  sum: NodeRaces,
): Promise<void> => {
  const patient = patientOf(`node-race-${round}`);
  const { position } = await one.write('/consents', grantFor(patient));
  for (const node of [one, other]) assert.equal(await node.verdict(patient, position), 'permit');
  const asked = answered('requestErasure', await one.served.post('/erasures', { patient, ...terms }));
  const path = `/erasures/${asked.erasureId}`;

  let running = true;
  let recordRevision = 0;
  const permits: number[] = [];
  const grants = async (node: Node): Promise<void> => {
    while (running) {
      const { status, json, text } = await node.served.post('/consents', billing(patient));
      const code = String(json.code);
      if (status === 201) {
        sum.granted += 1;
        recordRevision = Math.max(recordRevision, Number(json.revision));
      } else sum.refused[code] = (sum.refused[code] ?? 0) + 1;
      assert.ok(status === 201 || ['patient-erased', 'write-contention'].includes(code), text);
    }
  };
  const asks = async (node: Node): Promise<void> => {
    while (running) {
      const at = Date.now();
      const isPermit = (await node.verdict(patient)) === 'permit';
      if (isPermit) permits.push(at);
      else sum.denials += 1;
    }
  };
  const inFlight = [one, other].flatMap((node) =>
    Array.from({ length: hands }, () => [grants(node), asks(node)]).flat(),
  );
  const approvedBy = { authorization: `Bearer ${await one.ledger.token({ subject: 'head' })}` };
  const approve = () => other.served.post(`${path}/approvals`, { revision: 0, recordRevision }, approvedBy);
  // The other node may not have heard of the request yet, nor of the last grant; or there was one more meanwhile.
  let approved = await approve();
  for (; [404, 409, 412].includes(approved.status); approved = await approve()) await sleep(5);
  answered('approveErasure', approved);
  while (answered('readErasure', await one.served.send('GET', path)).status !== 'executed') await sleep(50);
  await sleep(afterMs);
  running = false;
  await Promise.all(inFlight);

  const { certificate } = answered('erasureCertificate', await one.served.send('GET', `${path}/certificate`));
  const last = Math.max(...permits);
  assert.ok(
    last <= Date.parse(certificate.unreadableSince),
    'a question was permitted once the keys were gone',
  );
  sum.permits += permits.length;
  sum.laggedMs = Math.max(sum.laggedMs, last - Date.parse(certificate.closedAt));

  const again = await other.write('/consents', grantFor(patient));
  for (const node of [one, other]) {
    assert.equal(await node.verdict(patient, again.position), 'permit');
    const [first] = await node.history(patient);
    assert.ok(first!.recordedAt > certificate.closedAt, 'a new subject');
  }
};

/** Every stream that was closed ends there, in what a node holds of the log. */
const assertClosed = (dataFolder: string, count: number): void => {
  const log = new LogReader(logFile(dataFolder));
  try {
    const erased = log.erasures(0);
    assert.equal(erased.length, count);
    for (const { stream } of erased) {
      const types = log.streamSlice(stream, 0).map(({ type }) => type);
      assert.equal(types.indexOf('PatientErased'), types.length - 1, 'an event follows PatientErased');
    }
  } finally {
    log.close();
  }
};
