import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { token } from '../../src/cli/token.ts';
import { initKeys } from '../../src/vault/keystore.ts';
import { answerOf, connections, headersOf, type Load, load, patientOf, patients } from './http-load.ts';
import { median } from './rounds.ts';
import type { BenchRow } from './row.ts';
import { grants, organisation } from './ten-consents.ts';

const rounds = 9;
const secondsEach = 2;

const modes = ['bare', 'answered', 'logged'] as const;
type Mode = (typeof modes)[number];

interface Server {
  readonly mode: Mode;
  readonly url: string;
  readonly bearer: string;
  readonly process: ChildProcess;
  readonly reached: Load[];
}

const server = fileURLToPath(new URL('./http-server.ts', import.meta.url));

const start = async (mode: Mode, folder: string): Promise<Server> => {
  const settings = {
    dataFolder: join(folder, mode),
    port: 0,
    developmentIssuer: true,
    limits: { ratePerSecond: 1_000_000 },
  };
  const file = join(folder, `${mode}.json`);
  await writeFile(file, JSON.stringify(settings));
  await initKeys(join(settings.dataFolder, 'keys'), Date.now());
  const child = spawn(process.execPath, [server, mode, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { value: port } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  const bearer = `Bearer ${await token({ tenant: 'bench', organisation }, settings, Date.now())}`;
  return { mode, url: `http://127.0.0.1:${port}`, bearer, process: child, reached: [] };
};

const grantAll = async ({ mode, url, bearer }: Server): Promise<void> => {
  if (mode === 'bare') return;
  for (let number = 0; number < patients; number += 1)
    for (const grant of grants) {
      const body = JSON.stringify({ patient: patientOf(number), ...grant });
      const response = await fetch(`${url}/consents`, { method: 'POST', headers: headersOf(bearer), body });
      if (response.status !== 201) throw new Error(await response.text());
    }
};

const mustAnswerAlike = async (servers: readonly Server[]): Promise<void> => {
  const answers = new Set<string>();
  for (const { url, bearer } of servers) answers.add(await answerOf(url, bearer));
  if (answers.size > 1) throw new Error(`they do not answer alike: ${[...answers].join(' / ')}`);
};

/** The check over HTTP, with a real token, real validation and records in the cache, against a bare server. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'http-bench-'));
  const servers: Server[] = [];
  try {
    for (const mode of modes) servers.push(await start(mode, folder));
    for (const each of servers) await grantAll(each);
    await mustAnswerAlike(servers);
    for (const { url, bearer } of servers) await load(url, bearer, secondsEach); // warms up
    for (let round = 0; round < rounds; round += 1)
      for (const { url, bearer, reached } of servers) reached.push(await load(url, bearer, secondsEach));
    const [bare, answered, logged] = servers as [Server, Server, Server];
    return [row('not logged', bare, answered, 0.8), row('logged durably', bare, logged, 0.65)];
  } finally {
    for (const each of servers) each.process.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

const row = (name: string, floor: Server, { reached }: Server, aim: number): BenchRow => {
  const ratio = median(reached.map(({ perSecond }, round) => perSecond / floor.reached[round]!.perSecond));
  const text = (all: readonly Load[]) =>
    `${median(all.map(({ perSecond }) => perSecond)).toFixed(0)}/s, p99 ${median(all.map(({ p99 }) => p99))} ms`;
  return {
    name: `check over HTTP, ${connections} connections, ${name}`,
    floor: `bare node:http, ${text(floor.reached)}`,
    reached: text(reached),
    ratio,
    aim,
    ok: ratio >= aim,
  };
};
