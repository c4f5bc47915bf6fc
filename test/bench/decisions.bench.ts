import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { bodyOf, patients } from './decision-load.ts';
import type { Listening, ServerKind } from './decision-server.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const roundSeconds = 2;
const connections = 64;
const kinds: readonly ServerKind[] = ['bare', 'without log', 'with log'];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

interface Server {
  readonly kind: ServerKind;
  readonly child: ChildProcess;
  readonly listening: Listening;
  /** Requests a second, by round. */
  readonly rates: number[];
}

const start = async (kind: ServerKind, folder: string): Promise<Server> => {
  const script = fileURLToPath(new URL('./decision-server.ts', import.meta.url));
  const child = fork(script, [kind, join(folder, kind)]);
  const [listening] = (await once(child, 'message')) as [Listening];
  return { kind, child, listening, rates: [] };
};

/** Requests a second that were answered with 200; any other answer breaks the bench. */
const load = async ({ listening: { port, token } }: Server, seconds: number): Promise<number> => {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/decisions`,
    method: 'POST',
    connections,
    duration: seconds,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    requests: patients.map((patient) => ({ body: bodyOf(patient) })),
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  return result.requests.total / result.duration;
};

/** Checks over HTTP, record in the cache, against a bare node:http server that makes the same decision. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  const servers: Server[] = [];
  try {
    for (const kind of kinds) servers.push(await start(kind, folder));
    for (const server of servers) await load(server, roundSeconds);
    for (let round = 0; round < rounds; round += 1)
      for (const server of servers) server.rates.push(await load(server, roundSeconds));
    const [floor, unlogged, logged] = servers as [Server, Server, Server];
    return [
      row('check over HTTP, without the log', floor, unlogged, 0.8),
      row('check over HTTP, logged durably', floor, logged, 0.65),
    ];
  } finally {
    for (const { child } of servers) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

const row = (name: string, floor: Server, reached: Server, aim: number): BenchRow => {
  const ratio = median(reached.rates.map((rate, round) => rate / floor.rates[round]!));
  const perSecond = ({ rates }: Server) => `${Math.round(median(rates))}/s`;
  return { name, floor: perSecond(floor), reached: perSecond(reached), ratio, aim, ok: ratio >= aim };
};
