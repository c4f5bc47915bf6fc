import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { renderReport } from '../../reports/report.ts';
import { reportFonts } from '../../src/report-fonts.ts';
import { exportOf } from '../reports/kit.ts';

/**
 * `node test/bench/report-render.ts <patients> [<file>]`: the document of an export of patients with ten events and
 * three logged answers each, from a file of its records, in a process of its own; prints what it took. With a file,
 * the document is kept there.
 */
export interface Rendered {
  readonly pages: number;
  readonly megabytes: number;
  readonly seconds: number;
  /** Of the processor, on all threads: what other processes do does not count. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

async function* recordsOf(path: string) {
  for await (const line of createInterface({ input: createReadStream(path) })) yield JSON.parse(line);
}

const render = async (path: string, to: string | undefined): Promise<Rendered> => {
  const begun = performance.now();
  let bytes = 0;
  const out = createWriteStream(to ?? '/dev/null');
  const input = {
    records: () => recordsOf(path),
    attachment: () => createReadStream(path),
    fonts: reportFonts(),
  };
  const { pages } = await renderReport({ ...input, signable: true }, async (chunk) => {
    bytes += chunk.length;
    if (!out.write(chunk)) await once(out, 'drain');
  });
  out.end();
  const { user, system } = process.cpuUsage();
  return {
    pages,
    megabytes: bytes / 1e6,
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
};

/** Renders an export of so many patients. */
export const measureRender = async (patients: number, to?: string): Promise<Rendered> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    const path = join(folder, 'evidence.jsonl');
    const lines = exportOf(patients).map((record) => `${JSON.stringify(record)}\n`);
    await pipeline(lines, createWriteStream(path));
    const child = fork(fileURLToPath(import.meta.url), ['--child', path, ...(to === undefined ? [] : [to])]);
    const [result] = await once(child, 'message');
    return result as Rendered;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, second, third] = process.argv.slice(2);
  if (first === '--child') process.send?.(await render(second!, third), () => process.exit());
  else {
    const { pages, megabytes, seconds, cpuSeconds, peakMiB } = await measureRender(Number(first), second);
    console.log(
      `${pages} pages, ${megabytes.toFixed(0)} MB, in ${seconds.toFixed(1)} s (${Math.round(pages / seconds)} pages/s; ` +
        `${cpuSeconds.toFixed(1)} s of the processor), peak ${Math.round(peakMiB)} MiB resident`,
    );
  }
}
