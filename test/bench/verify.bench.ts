import type { BenchRow } from './row.ts';
import { measureVerify } from './verify-package.ts';

const few = 2_000;
const many = 10_000;
/** How much more a patient may cost, and memory take, where there are five times as many. */
const aimTime = 0.8;
const aimMemory = 0.5;
const mostMiB = 512;

/** The evidence of an export: verifying it takes time in proportion to the patients, and hardly more memory. */
export const rows = async (): Promise<readonly BenchRow[]> => {
  const [small, large] = [await measureVerify(few), await measureVerify(many)];
  const each = ({ cpuSeconds }: { cpuSeconds: number }, patients: number) => (cpuSeconds / patients) * 1e6;
  const [first, then] = [each(small, few), each(large, many)];
  return [
    {
      name: 'verify, CPU time a patient',
      floor: `${few}: ${first.toFixed(0)} us`,
      reached: `${many}: ${then.toFixed(0)} us (${(large.megabytes / large.seconds).toFixed(0)} MB/s)`,
      ratio: first / then,
      aim: aimTime,
      ok: first / then >= aimTime,
    },
    {
      name: 'verify, memory',
      floor: `${few}: ${small.peakMiB.toFixed(0)} MiB`,
      reached: `${many}: ${large.peakMiB.toFixed(0)} MiB`,
      ratio: small.peakMiB / large.peakMiB,
      aim: aimMemory,
      ok: small.peakMiB / large.peakMiB >= aimMemory && large.peakMiB < mostMiB,
    },
  ];
};
