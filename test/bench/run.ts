import { fork } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchRow } from './row.ts';

/**
 * `npm run bench [-- --only <name>] [--json]`: each *.bench.ts in a process of its own, one after the other, so
 * that none measures another's garbage; then one table, or JSON. Fails where an aim was not reached.
 */
interface Bench {
  rows(): Promise<readonly BenchRow[]>;
}

const nameOf = (file: string): string => basename(file, '.bench.ts');

/** Runs one bench in a process of its own; what it prints goes to stderr. A bench that breaks is a row that fails. */
const rowsOf = (file: string): Promise<readonly BenchRow[]> =>
  new Promise((resolve) => {
    const child = fork(fileURLToPath(import.meta.url), ['--child', file], { stdio: ['ignore', 2, 2, 'ipc'] });
    let rows: readonly BenchRow[] | undefined;
    child.on('message', (message) => {
      rows = message as readonly BenchRow[];
    });
    child.on('exit', (code, signal) =>
      resolve(
        rows ?? [
          {
            name: nameOf(file),
            floor: '',
            reached: `broke (${code ?? signal})`,
            ratio: 0,
            aim: 0,
            ok: false,
          },
        ],
      ),
    );
  });

const table = (rows: readonly BenchRow[]): string => {
  const cells = [
    ['name', 'floor', 'reached', 'ratio', 'aim', 'ok'],
    ...rows.map(({ name, floor, reached, ratio, aim, ok }) => [
      name,
      floor,
      reached,
      ratio.toFixed(2),
      aim === 0 ? '' : String(aim),
      ok ? 'yes' : 'NO',
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false }, child: { type: 'string' } },
});

if (values.child !== undefined) {
  const bench: Bench = await import(values.child);
  process.send?.(await bench.rows(), () => process.exit());
} else {
  const files = globSync(join(import.meta.dirname, '*.bench.ts'))
    .filter((file) => values.only === undefined || nameOf(file) === values.only)
    .sort();
  const rows: BenchRow[] = [];
  for (const file of files) {
    console.error(`${nameOf(file)} ...`);
    rows.push(...(await rowsOf(file)));
  }
  console.log(values.json ? JSON.stringify(rows, null, 2) : table(rows));
  process.exitCode = rows.length > 0 && rows.every((row) => row.ok) ? 0 : 1;
}
