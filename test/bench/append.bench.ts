import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewEvent } from '../../src/store/port.ts';
import { openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const roundMillis = 400;
const patients = 20_000;
const inFlight = [1, 16, 64, 256];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The floor: 4 KiB written one after the other into a file that is there already, each with its fdatasync. */
const openFloor = (file: string): { round(): number; close(): void } => {
  const fd = openSync(file, 'w');
  const page = randomBytes(4096);
  const pages = 4096;
  for (let at = 0; at < pages; at++) writeSync(fd, page);
  fdatasyncSync(fd);
  let writes = 0;
  return {
    round: () => {
      const start = performance.now();
      const before = writes;
      for (; performance.now() - start < roundMillis; writes++) {
        writeSync(fd, page, 0, page.length, (writes % pages) * page.length);
        fdatasyncSync(fd);
      }
      return ((writes - before) / (performance.now() - start)) * 1000;
    },
    close: () => closeSync(fd),
  };
};

interface Load {
  readonly perSecond: number;
  readonly latencies: number[];
}

const newEvent = (): NewEvent => ({
  id: randomUUID(),
  type: 'ConsentGranted',
  metadata: {
    schemaVersion: 1,
    tenant: 'north',
    keyId: randomUUID(),
    commitment: randomBytes(32).toString('base64url'),
  },
  data: randomBytes(400),
});

/** `writers` writers, each with one append in flight, on patients at random. */
const load = async (store: SqliteStore, heads: Int32Array, writers: number): Promise<Load> => {
  const latencies: number[] = [];
  const busy = new Set<number>();
  const start = performance.now();
  const write = async (): Promise<void> => {
    while (performance.now() - start < roundMillis) {
      let patient = Math.floor(Math.random() * patients);
      while (busy.has(patient)) patient = (patient + 1) % patients;
      busy.add(patient);
      const from = performance.now();
      const outcome = await store.append(`consents-${patient}`, [newEvent()], heads[patient]!);
      if (outcome.outcome !== 'appended') throw new Error(JSON.stringify(outcome));
      latencies.push(performance.now() - from);
      heads[patient] = outcome.revision;
      busy.delete(patient);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return { perSecond: (latencies.length / (performance.now() - start)) * 1000, latencies };
};

/** Durable appends of about 400 opaque bytes against a raw 4 KiB write and fdatasync, in alternating rounds. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-append-'));
  const floor = openFloor(join(folder, 'floor'));
  const store = await openSqliteStore({ folder, clock: Date.now });
  const heads = new Int32Array(patients).fill(-1);
  const floors: number[] = [];
  const loads = new Map<number, Load[]>(inFlight.map((writers) => [writers, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const writers of inFlight) {
        floors.push(floor.round());
        loads.get(writers)!.push(await load(store, heads, writers));
      }
    }
  } finally {
    await store.close();
    floor.close();
    await rm(folder, { recursive: true });
  }
  const base = median(floors);
  const throughput = inFlight.map((writers): BenchRow => {
    const reached = median(loads.get(writers)!.map((one) => one.perSecond));
    const aim = writers === 64 ? 3 : 0;
    const ratio = reached / base;
    return {
      name: `durable append, ${writers} in flight`,
      floor: `${Math.round(base)} x 4 KiB + fdatasync/s`,
      reached: `${Math.round(reached)}/s`,
      ratio,
      aim,
      ok: ratio >= aim,
    };
  });
  return [...throughput, tail(loads.get(256)!)];
};

const tail = (rounds: readonly Load[]): BenchRow => {
  const sorted = rounds.flatMap((round) => round.latencies).toSorted((a, b) => a - b);
  const middle = median(sorted);
  const p99 = sorted[Math.floor(sorted.length * 0.99)]!;
  return {
    name: 'durable append, 256 in flight: median latency against p99',
    floor: `p99 ${p99.toFixed(1)} ms`,
    reached: `median ${middle.toFixed(1)} ms`,
    ratio: middle / p99,
    aim: 0.25,
    ok: middle / p99 >= 0.25,
  };
};
