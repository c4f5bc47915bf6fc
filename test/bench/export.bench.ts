import { exportRun } from './export-run.ts';
import type { BenchRow } from './row.ts';

const sizes = [1_000, 10_000];
const aimSeconds = 60;
const aimMiB = 512;

/**
 * An export over three years, all stages: ten events and five logged answers a patient. `node test/bench/export-run.ts
 * 100000` measures more patients than there is time for here.
 */
export const rows = async (): Promise<readonly BenchRow[]> => {
  const found: BenchRow[] = [];
  let each: number | undefined;
  for (const patients of sizes) {
    const run = await exportRun(patients);
    const name = `export of ${patients} patients`;
    const aim = patients === sizes.at(-1) ? 1 : 0;
    const row = (what: string, floor: string, reached: string, ratio: number, aimed = aim): BenchRow => ({
      name: `${name}, ${what}`,
      floor,
      reached,
      ratio,
      aim: aimed,
      ok: ratio >= aimed,
    });
    const { seconds, verifiedIn, peakMiB, cpuSeconds } = run;
    found.push(
      row(
        'made',
        `${aimSeconds} s`,
        `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU)`,
        aimSeconds / seconds,
      ),
      row('memory', `${aimMiB} MiB`, `${Math.round(peakMiB)} MiB`, aimMiB / peakMiB),
      row(
        'evidence verified, against made',
        `${seconds.toFixed(1)} s`,
        `${verifiedIn.toFixed(1)} s`,
        seconds / verifiedIn,
      ),
    );
    const perPatient = cpuSeconds / patients;
    if (each !== undefined)
      found.push(
        row(
          'CPU a patient, against fewer',
          `${(each * 1e3).toFixed(2)} ms`,
          `${(perPatient * 1e3).toFixed(2)} ms`,
          each / perPatient,
          0.9,
        ),
      );
    each = perPatient;
  }
  return found;
};
