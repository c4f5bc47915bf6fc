import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Identifier } from '../../schemas/coding.ts';
import type { Question } from '../../schemas/decision.ts';
import { developmentIssuer } from '../../src/access/development-issuer.ts';
import { openTokens } from '../../src/access/tokens.ts';
import { type Ledger, openLedger, openLedgerDecisions } from '../../src/app.ts';
import { token } from '../../src/cli/token.ts';
import { loadConfig } from '../../src/config.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { startServer } from '../../src/http/server.ts';
import { createHealth } from '../../src/telemetry/health.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { initKeys } from '../../src/vault/keystore.ts';
import { consent, good, granting } from '../record/kit.ts';
import { organisation, patientOf, patients, tenant } from './decision-load.ts';

/** What the bench starts in a process of its own: how the decision is served, and in which folder. */
export type ServerKind = 'bare' | 'without log' | 'with log';

/** Told to the bench once it listens. */
export interface Listening {
  readonly port: number;
  readonly token: string;
}

const requestMs = 30_000;
const [kind, folder] = process.argv.slice(2) as [ServerKind, string];

const configuration = {
  CONSENT_LEDGER_DATA_FOLDER: join(folder, 'data'),
  CONSENT_LEDGER_DEVELOPMENT_ISSUER: 'true',
};
const loaded = loadConfig(undefined, configuration);
if (!loaded.ok) throw new Error(JSON.stringify(loaded));
const { config } = loaded;
await initKeys(config.keysFolder, Date.now());
const ledger = await openLedger(config);

for (const value of patients) {
  const key = await ledger.keyring.admit(tenant, patientOf(value));
  for (const reference of [organisation, 'Organization/other'])
    good(await ledger.records.execute(tenant, key, granting(granted(reference)), {}));
}

function granted(reference: string) {
  const { rules } = consent();
  return consent({ rules: rules!.map((rule) => ({ ...rule, recipient: [{ reference }] })) });
}

/** The floor: the same decision from a record at hand, with nothing else that a service needs. */
const bare = async ({ keyring, records }: Ledger) => {
  const atHand = new Map();
  for (const value of patients) {
    const key = (await keyring.find(tenant, patientOf(value)))!;
    atHand.set(value, good(await records.load(tenant, key)));
  }
  return (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked;
      const question = good(resolveQuestion(body.question, config.policy, Date.now()));
      const answer = evaluate(atHand.get(body.patient.value), question, config.policy);
      const text = JSON.stringify({ decisionId: randomUUID(), answer });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    });
  };
};
interface Asked {
  readonly patient: Identifier;
  readonly question: Question;
}

/** The service as src/app.ts puts it together, but that the log of decisions may be left out. */
const whole = async (durable: boolean) => {
  const { clock, uuid, keyStore, store } = ledger;
  const tokens = openTokens({
    issuers: [await developmentIssuer(config.dataFolder)],
    clock,
    cacheSize: 1_000,
  });
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  return createHttpApp({
    ...ledger,
    tokens,
    decisions: good(await openLedgerDecisions(ledger, durable)),
    eventLog: store,
    policy: config.policy,
    requestSecret: keyStore.ledgerKey('request-ids'),
    log: createLog({ level: config.logLevel, stream }),
    health: createHealth(),
    limits: {
      body: { bytes: config.limits.bodyBytes, depth: config.limits.jsonDepth },
      requestMs,
      ratePerSecond: 1_000_000,
      positionWaitMs: config.limits.positionWaitMs,
    },
    clock,
    uuid,
  });
};

const bearer = await token({ tenant, organisation }, config, Date.now());
if (kind === 'bare') {
  const server = createServer(await bare(ledger)).listen(0, '127.0.0.1', () => {
    process.send!({ port: (server.address() as AddressInfo).port, token: bearer } satisfies Listening);
  });
} else {
  const app = await whole(kind === 'with log');
  const server = await startServer(app, { host: '127.0.0.1', port: 0, requestMs, uuid: randomUUID });
  process.send!({ port: server.port, token: bearer } satisfies Listening);
}
process.on('disconnect', () => process.exit());
