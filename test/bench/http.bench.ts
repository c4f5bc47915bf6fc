import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { token } from '../../src/cli/token.ts';
import { initKeys } from '../../src/vault/keystore.ts';
import { bodyOfGrant, patientOf, question } from './http-load.ts';
import type { BenchRow } from './row.ts';

const connections = 64;
const patients = 100;
const rounds = 9;
const secondsEach = 2;

const modes = ['bare', 'answered', 'logged'] as const;
type Mode = (typeof modes)[number];

interface Server {
  readonly mode: Mode;
  readonly url: string;
  readonly bearer: string;
  readonly process: ChildProcess;
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
  const options = { tenant: 'bench', organisation: 'Organization/a' };
  const bearer = mode === 'bare' ? '' : `Bearer ${await token(options, settings, Date.now())}`;
  return { mode, url: `http://127.0.0.1:${port}`, bearer, process: child };
};

const grantAll = async ({ mode, url, bearer }: Server): Promise<void> => {
  if (mode === 'bare') return;
  for (let number = 0; number < patients; number += 1) {
    const response = await fetch(`${url}/consents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: bearer },
      body: JSON.stringify({ patient: patientOf(number), ...bodyOfGrant }),
    });
    if (response.status !== 201) throw new Error(await response.text());
  }
};

const bodies = Array.from({ length: patients }, (_, number) =>
  JSON.stringify({ patient: patientOf(number), question }),
);

/** Answers a second, and the 99th percentile of their milliseconds. Every answer must be a permit. */
const load = async ({ url, bearer }: Server): Promise<{ perSecond: number; p99: number }> => {
  let others = 0;
  const result = await autocannon({
    url: `${url}/decisions`,
    connections,
    duration: secondsEach,
    requests: bodies.map((body) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: bearer },
      body,
      onResponse: (status, text) => {
        if (status !== 200 || !text.includes('"decision":"permit"')) others += 1;
      },
    })),
  });
  if (others > 0 || result.errors > 0) throw new Error(`${others} other answers, ${result.errors} errors`);
  return { perSecond: result['2xx'] / result.duration, p99: result.latency.p99 };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The check over HTTP, with a real token, real validation and records in the cache, against a bare server. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'http-bench-'));
  const servers: Server[] = [];
  try {
    for (const mode of modes) servers.push(await start(mode, folder));
    for (const each of servers) await grantAll(each);
    const measured = new Map<Mode, { perSecond: number; p99: number }[]>(modes.map((mode) => [mode, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const each of servers) {
        const reached = await load(each);
        if (round > 0) measured.get(each.mode)!.push(reached); // the first round warms up
      }
    }
    const of = (mode: Mode, value: 'perSecond' | 'p99') =>
      median(measured.get(mode)!.map((each) => each[value]));
    const row = (mode: Mode, name: string, aim: number): BenchRow => {
      const ratio = of(mode, 'perSecond') / of('bare', 'perSecond');
      const text = (which: Mode) => `${of(which, 'perSecond').toFixed(0)}/s, p99 ${of(which, 'p99')} ms`;
      return {
        name,
        floor: `bare node:http, ${text('bare')}`,
        reached: text(mode),
        ratio,
        aim,
        ok: ratio >= aim,
      };
    };
    return [
      row('answered', `check over HTTP, ${connections} connections, not logged`, 0.8),
      row('logged', `check over HTTP, ${connections} connections, logged durably`, 0.65),
    ];
  } finally {
    for (const each of servers) each.process.kill();
    await rm(folder, { recursive: true, force: true });
  }
};
