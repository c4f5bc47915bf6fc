import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Question } from '../../schemas/decision.ts';
import { startService } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { grant } from '../../src/consent/decide.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { replay } from '../../src/consent/evolve.ts';
import type { Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent } from '../../src/consent/state.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { bodyOfGrant } from './http-load.ts';

/**
 * A server to be loaded, in a process of its own: `node http-server.ts <mode> <configuration file>`, which prints
 * its port. Modes: `bare`, `answered` (the service without the log of its answers), `logged` (the service).
 */
const [mode, file] = process.argv.slice(2);
const loaded = loadConfig(file, {});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { config } = loaded;

/** The floor: node:http and the same decision, without tokens, checks, records, telemetry or a log. */
const startBare = async (policy: Policy): Promise<number> => {
  const consentId = randomUUID();
  const agent = { issuer: 'i', subject: 's' };
  const decided = grant(emptyRecord, { ...bodyOfGrant, consentId, agent }, policy);
  if (!decided.ok) throw new Error(decided.error.detail);
  const event = {
    ...decided.value[0]!,
    revision: 0,
    recordedAt: Date.now(),
    id: randomUUID(),
  } as PatientEvent;
  const record = replay([event]);

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { question } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { question: Question };
      const resolved = resolveQuestion(question, policy, Date.now());
      if (!resolved.ok) throw new Error(resolved.error.detail);
      const answer = evaluate(record, resolved.value, policy);
      const body = JSON.stringify({ decisionId: randomUUID(), answer });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const startLedger = async (durable: boolean): Promise<number> => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { port } = await startService(config, createLog({ level: 'info', stream }), durable);
  return port;
};

const port = mode === 'bare' ? await startBare(config.policy) : await startLedger(mode === 'logged');
console.log(port);
