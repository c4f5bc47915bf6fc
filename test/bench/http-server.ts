import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Question } from '../../schemas/decision.ts';
import { startService } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { replay } from '../../src/consent/evolve.ts';
import type { Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { isoOf } from '../../src/consent/time.ts';
import { decisionIdAt } from '../../src/decisions/decision-id.ts';
import { send } from '../../src/http/reply.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { good } from '../record/kit.ts';
import { patientOf, patients } from './http-load.ts';
import { grants } from './ten-consents.ts';

/**
 * A server to be loaded, in a process of its own: `node http-server.ts <mode> <configuration file>`, which prints
 * its port. Modes: `bare` (the floor), `answered` (the service without the log of its answers), `logged` (the
 * service).
 */
const [mode, file] = process.argv.slice(2);
const loaded = loadConfig(file, {});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { config } = loaded;

const agent = { issuer: 'https://issuer.example', subject: 'clerk' };

const recordOf = () =>
  replay(
    grants.map((grant, revision) => ({
      type: 'ConsentGranted' as const,
      payload: { ...grant, consentId: randomUUID(), agent },
      revision,
      recordedAt: Date.now(),
      id: randomUUID(),
    })),
  );

/**
 * The floor: node:http and the same decision, its answer the same on the wire, head and body, but for ids and times.
 * It does what no server that answers this can leave out: reads the JSON, evaluates the question on a record that it
 * has at hand, writes the JSON. It knows neither tokens nor limits, checks nothing of what it is sent, keeps no
 * trace, metrics or log.
 */
const startBare = async (policy: Policy): Promise<number> => {
  const records = new Map(
    Array.from({ length: patients }, (_, number) => [patientOf(number).value, recordOf()]),
  );
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { patient, question } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked;
      const now = Date.now();
      const resolved = good(resolveQuestion(question, policy, now));
      const answer = evaluate(records.get(patient.value), resolved, policy);
      const decisionId = decisionIdAt(now, randomUUID());
      const decision = { decisionId, askedAt: isoOf(now), answer, settings: policy.hash };
      send(response, { status: 200, mediaType: 'application/json', body: JSON.stringify(decision) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
interface Asked {
  readonly patient: { readonly value: string };
  readonly question: Question;
}

const startLedger = async (durable: boolean): Promise<number> => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { port } = await startService(config, createLog({ level: 'info', stream }), durable);
  return port;
};

const port = mode === 'bare' ? await startBare(config.policy) : await startLedger(mode === 'logged');
console.log(port);
