import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identifier } from '../../schemas/coding.ts';
import type { Question, Verdict } from '../../schemas/decision.ts';
import { type Scope, scopes } from '../../schemas/http/scopes.ts';
import { mintToken } from '../access/development-issuer.ts';
import { selfSignedFiles } from '../report-signing.ts';
import { type DemoServer, run, startServer } from './demo/server.ts';

const purposes = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const dayMs = 86_400_000;
const day = (ago: number) => new Date(Date.now() - ago * dayMs).toISOString();

type Json = Record<string, unknown>;
type Post = (path: string, body: Json) => Promise<Json>;

/** Says what happens, in numbered steps. */
const narrator = (out: NodeJS.WritableStream) => {
  let step = 0;
  return {
    step: (title: string) => {
      step += 1;
      out.write(`\n${step}. ${title}\n`);
    },
    say: (text: string) => {
      for (const line of text.trimEnd().split('\n')) out.write(`   ${line}\n`);
    },
  };
};

/**
 * The main job, end to end, on HL7's published consents: in a folder of its own that is removed afterwards, over
 * HTTP, with real tokens, against a server that is killed on the way. Rejects when anything is not as it must be.
 *
 * @param examples folder with FHIR consents, in `r4` and `r5`
 */
export const demo = async (examples: string, out: NodeJS.WritableStream): Promise<void> => {
  const { step, say } = narrator(out);
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-demo-'));
  let server: DemoServer | undefined;
  try {
    const dataFolder = join(folder, 'data');
    const port = await freePort();
    const configFile = join(folder, 'config.json');
    await writeFile(configFile, JSON.stringify({ dataFolder, port, developmentIssuer: true }));
    const ledger = (...args: string[]) => run(['--config', configFile, ...args]);

    step('New keys, in a new data folder');
    await ledger('keys', 'init');
    say(`${dataFolder}: everything about a person will be sealed under a key of that person's own.`);

    step('Import the consents that HL7 publishes as examples of FHIR R4 and R5');
    for (const release of ['r4', 'r5']) {
      say(`\n${release.toUpperCase()}`);
      say(await ledger('import', join(examples, release), '--base', `https://hl7.example/fhir/${release}`));
    }

    step('Start the service; its clients carry signed tokens (RFC 9068)');
    server = await startServer(configFile, port);
    const post = client(server.url, await tokenFor(dataFolder, [...scopes]));
    say(`${server.url}: API documentation at /docs, metrics at /metrics`);

    const mother: Identifier = { system: 'https://hl7.example/fhir/r5', value: 'Patient/mom' };
    const treatment = (recipient: string, more: Partial<Question> = {}): Question => ({
      recipient: { reference: recipient, memberOf: [], roles: [] },
      purpose: { system: purposes, code: 'TREAT' },
      action: 'access',
      items: [{}],
      ...more,
    });
    const ask = async (patient: Identifier, question: Question): Promise<Verdict> => {
      const { answer } = (await post('/decisions', { patient, question })) as {
        answer: { items: Verdict[] };
      };
      return answer.items[0]!;
    };
    const show = async (who: string, patient: Identifier, question: Question, expected: string) => {
      const verdict = await ask(patient, question);
      say(`${who}: ${verdict.decision} (${verdict.reason})`);
      if (verdict.decision !== expected)
        throw new Error(`expected ${expected}, got ${JSON.stringify(verdict)}`);
    };

    step('Ask before touching the data: HL7’s patient “mom” lets everybody see her record but one nurse');
    await show('Practitioner/f204, the nurse', mother, treatment('Practitioner/f204'), 'deny');
    await show('Practitioner/f001, a physician', mother, treatment('Practitioner/f001'), 'permit');
    const stranger: Identifier = { system: 'urn:example:mrn', value: 'nobody' };
    await show('a patient nobody has heard of', stranger, treatment('Practitioner/f001'), 'deny');

    step('A patient signs up for a research project ten days ago, and withdraws');
    const patient: Identifier = { system: 'urn:example:mrn', value: '4711' };
    const research = (more: Partial<Question> = {}): Question =>
      treatment('Organization/registry', { purpose: { system: purposes, code: 'HRESCH' }, ...more });
    const granted = await post('/consents', {
      patient,
      signedAt: day(10),
      rules: [{ type: 'permit', purpose: [{ system: purposes, code: 'HRESCH' }] }],
    });
    await show('the registry, now', patient, research(), 'permit');
    const beforeWithdrawal = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await post(`/consents/${granted.consentId}/revocations`, {
      patient,
      effectiveAt: day(3),
      reason: 'Letter of three days ago, opened today',
    });
    await show('the registry, now', patient, research(), 'deny');

    step('Two times: the letter came late, so what was true and what was known differ');
    await show('valid yesterday, known now', patient, research({ validAt: day(1) }), 'deny');
    await show(
      'valid yesterday, known before the letter was opened',
      patient,
      research({ validAt: day(1), knownAt: beforeWithdrawal }),
      'permit',
    );
    await show('valid five days ago, known now', patient, research({ validAt: day(5) }), 'permit');

    step('An emergency: nobody’s consent is needed, but a declaration is, and a review comes after');
    const physician = 'Practitioner/er-17';
    const breakGlass = treatment(physician, { purpose: { system: purposes, code: 'BTG' } });
    await show('undeclared', patient, breakGlass, 'deny');
    await post('/emergencies', {
      patient,
      recipient: physician,
      until: new Date(Date.now() + 3_600_000).toISOString(),
      reason: 'Unconscious on arrival',
    });
    await show('declared', patient, breakGlass, 'permit');

    step('The power goes out: the server is killed and started again');
    const counted = await accounting(post, patient);
    await server.kill();
    server = await startServer(configFile, port);
    await show('the registry, now', patient, research(), 'deny');
    await show('the physician', patient, breakGlass, 'permit');

    step('Who asked about this patient (45 CFR 164.528): every answer was logged before it was given');
    const lines = await accounting(post, patient);
    say(lines.join('\n'));
    if (lines.length !== counted.length + 2) throw new Error('the accounting has lost an answer');

    step('Check the log: nothing lost, every envelope opens, the read models are what the log says');
    await server.stop();
    server = undefined;
    say(await ledger('fsck'));

    step('A regulator asks for everything: one signed PDF, with its evidence inside');
    await ledger('keys', 'init-report-signer');
    const document = join(folder, 'export.pdf');
    say(await ledger('export', '--all', '--reason', 'Order 7 of the authority', '--out', document));

    step(
      'She checks it offline, with nothing but the file and the keys: no ledger, no configuration, no network',
    );
    const trust = join(folder, 'trusted-keys');
    const verifiers = await ledger('keys', 'verifiers');
    const vkeys = verifiers
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ')[0]);
    const { certificatesFile } = selfSignedFiles(join(dataFolder, 'keys'));
    await writeFile(trust, [...vkeys, await readFile(certificatesFile, 'utf8')].join('\n'));
    say(await run(['verify', document, '--trust', trust]));
    out.write('\nAll as it must be.\n');
  } finally {
    await server?.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

const tokenFor = (dataFolder: string, granted: readonly Scope[]) =>
  mintToken(
    dataFolder,
    { subject: 'demo', tenant: 'default', scopes: granted, lifetimeSeconds: 600 },
    Date.now(),
  );

const client =
  (url: string, bearer: string): Post =>
  async (path, body) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };

interface Disclosed {
  readonly askedAt: string;
  readonly question: Question;
  readonly answer: { readonly items: readonly Verdict[] };
}

const accounting = async (post: Post, patient: Identifier): Promise<string[]> => {
  const { items } = (await post('/patients/disclosures', { patient })) as unknown as { items: Disclosed[] };
  return items.map(({ askedAt, question, answer }) => {
    const outcome = answer.items.map(({ decision, reason }) => `${decision} (${reason})`).join(', ');
    const { recipient, purpose, action } = question;
    return [
      askedAt,
      recipient.reference.padEnd(21),
      `${action} for ${purpose.code}`.padEnd(17),
      outcome,
    ].join('  ');
  });
};

const freePort = async (): Promise<number> => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
};
