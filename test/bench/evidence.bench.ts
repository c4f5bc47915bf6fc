import { hash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headKey } from '../../src/evidence/heads-tree.ts';
import { sha256 } from '../../src/evidence/merkle.ts';
import { EvidenceModel, evidenceModel } from '../../src/evidence/model.ts';
import { ModelFile } from '../../src/projections/model-file.ts';
import { median } from './rounds.ts';
import type { BenchRow } from './row.ts';

const sizes = [10_000, 100_000, 1_000_000];
const changes = 1_000;
const rounds = 9;
const batch = 5_000;
const mib = 1024 ** 2;

/** Hashes that a change may cost, and how much longer it may take than they do alone. */
const aimHashes = 60;
const aimTime = 1.5;
const aimMemory = 512 * mib;

const noLog = { slice: () => [], streamSlice: () => [] };

/** CPU time, in milliseconds: what other processes do does not count. */
const spent = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

interface Measured {
  readonly total: number;
  readonly hashes: number;
  readonly plain: number;
  readonly own: number;
  readonly rss: number;
}

const headOf = (n: number, count: number) => ({
  key: headKey(`consents-${n}`),
  count,
  hash: randomBytes(32),
});

/** Of the buckets that were set, and of each node above them once. */
const hashesOf = (db: ModelFile['db'], keys: readonly Buffer[]): number => {
  const rows = db
    .prepare<[], { node: number; bytes: number }>('SELECT node, length(heads) AS bytes FROM bucket')
    .all();
  const buckets = new Map(rows.map(({ node, bytes }) => [node, bytes / 72]));
  const above = new Set<number>();
  const below = new Set<number>();
  for (const key of keys) {
    let node = 1;
    for (let depth = 0; !buckets.has(node); depth += 1) {
      above.add(node);
      node = node * 2 + ((key[depth >> 3]! >> (7 - (depth & 7))) & 1);
    }
    below.add(node);
  }
  return above.size + [...below].reduce((sum, node) => sum + 2 * buckets.get(node)! - 1, 0);
};

/** A thousand heads of so many change, are hashed and are on disk. */
const measure = (size: number): Measured => {
  const folder = mkdtempSync(join(tmpdir(), 'consent-ledger-bench-'));
  const file = new ModelFile(join(folder, 'evidence.db'), evidenceModel, 'service');
  const { heads } = new EvidenceModel(file, noLog, () => []);
  for (let from = 0; from < size; from += batch)
    file.commit(from, from + batch, () => {
      for (let n = from; n < Math.min(size, from + batch); n += 1) heads.set(headOf(n, 1));
      if (from + batch >= size) heads.root();
      heads.flush();
    });
  const reached = Math.ceil(size / batch) * batch;
  const totals: number[] = [];
  const plains: number[] = [];
  const owns: number[] = [];
  const bytes = Buffer.alloc(65);
  let hashes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const changed = Array.from({ length: changes }, (_, n) =>
      headOf((round * 104_729 + n * 7_919) % size, round + 2),
    );
    totals.push(
      spent(() =>
        file.commit(reached + round, reached + round + 1, () => {
          for (const head of changed) {
            heads.get(head.key);
            heads.set(head);
          }
          heads.root();
          heads.flush();
        }),
      ),
    );
    hashes = hashesOf(
      file.db,
      changed.map(({ key }) => key),
    );
    const alone = (work: () => unknown) =>
      spent(() => {
        for (let n = 0; n < hashes; n += 1) work();
      });
    plains.push(alone(() => hash('sha256', bytes, 'buffer')));
    owns.push(alone(() => sha256(bytes)));
  }
  const { rss } = process.memoryUsage();
  file.close();
  rmSync(folder, { recursive: true, force: true });
  return { total: median(totals), hashes, plain: median(plains), own: median(owns), rss };
};

const ms = (time: number) => `${time.toFixed(0)} ms`;

/** What a checkpoint costs after a thousand events, whatever the number of patients. */
export const rows = (): Promise<BenchRow[]> =>
  Promise.resolve(
    sizes.flatMap((size) => {
      const { total, hashes, plain, own, rss } = measure(size);
      const of = `${changes} changed heads of ${size}`;
      const each = hashes / changes;
      const against = (what: string, floor: number, aim: number): BenchRow => {
        const ratio = floor / total;
        const name = `${of}: time, against ${what}`;
        return {
          name,
          floor: ms(floor),
          reached: ms(total),
          ratio,
          aim: Number(aim.toFixed(2)),
          ok: ratio >= aim,
        };
      };
      return [
        {
          name: `${of}: hashes a head, against ${aimHashes}`,
          floor: String(aimHashes),
          reached: each.toFixed(1),
          ratio: aimHashes / each,
          aim: 1,
          ok: each <= aimHashes,
        },
        against(
          `${aimHashes} hashes a head alone, by crypto.hash to a Buffer`,
          (plain * aimHashes) / each,
          1 / aimTime,
        ),
        against('the hashes that it makes alone, by crypto.hash to a Buffer', plain, 0),
        against('the same, by the faster way that it makes them', own, 0),
        {
          name: `${of}: memory of the process`,
          floor: `${aimMemory / mib} MiB`,
          reached: `${(rss / mib).toFixed(0)} MiB`,
          ratio: aimMemory / rss,
          aim: 1,
          ok: rss <= aimMemory,
        },
      ];
    }),
  );
