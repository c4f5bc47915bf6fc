import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Identifier } from '../../schemas/coding.ts';
import type { Question } from '../../schemas/decision.ts';
import { type Ledger, openLedger, startService } from '../../src/app.ts';
import { token } from '../../src/cli/token.ts';
import { loadConfig } from '../../src/config.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import type { PatientRecord } from '../../src/consent/state.ts';
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

const [kind, folder] = process.argv.slice(2) as [ServerKind, string];

const loaded = loadConfig(undefined, {
  CONSENT_LEDGER_DATA_FOLDER: join(folder, 'data'),
  CONSENT_LEDGER_DEVELOPMENT_ISSUER: 'true',
  CONSENT_LEDGER_PORT: '0',
  CONSENT_LEDGER_LIMITS_RATE_PER_SECOND: '1000000',
});
if (!loaded.ok) throw new Error(JSON.stringify(loaded));
const { config } = loaded;

const granted = (reference: string) => {
  const { rules } = consent();
  return consent({ rules: rules!.map((rule) => ({ ...rule, recipient: [{ reference }] })) });
};

/** Writes the consents that are asked about; gives the records as they then stand. */
const fill = async ({ keyring, records }: Ledger): Promise<ReadonlyMap<string, PatientRecord>> => {
  const atHand = new Map<string, PatientRecord>();
  for (const value of patients) {
    const key = await keyring.admit(tenant, patientOf(value));
    for (const reference of [organisation, 'Organization/other'])
      good(await records.execute(tenant, key, granting(granted(reference)), {}));
    atHand.set(value, good(await records.load(tenant, key)));
  }
  return atHand;
};

/** The floor: the same decision from a record at hand, with nothing else that a service needs. */
const bare =
  (atHand: ReadonlyMap<string, PatientRecord>) => (request: IncomingMessage, response: ServerResponse) => {
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
interface Asked {
  readonly patient: Identifier;
  readonly question: Question;
}

await initKeys(config.keysFolder, Date.now());
const ledger = await openLedger(config);
const atHand = await fill(ledger);
await ledger.close();

const listen = async (): Promise<number> => {
  if (kind === 'bare') {
    const server = createServer(bare(atHand));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const log = createLog({ level: config.logLevel, stream });
  return (await startService(config, log, kind === 'with log')).port;
};

const port = await listen();
const bearer = await token({ tenant, organisation }, config, Date.now());
process.send!({ port, token: bearer } satisfies Listening);
process.on('disconnect', () => process.exit());
