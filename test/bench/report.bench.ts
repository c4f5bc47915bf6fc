import { measureRender } from './report-render.ts';
import type { BenchRow } from './row.ts';

const few = 2_000;
const many = 8_000;
/** How much more a patient may cost, and memory take, where there are four times as many. */
const aimTime = 0.8;
const aimMemory = 0.6;
const mostMiB = 512;

/** The regulator's document: time is linear in the patients, memory is not. */
export const rows = async (): Promise<readonly BenchRow[]> => {
  const [small, large] = [await measureRender(few), await measureRender(many)];
  const each = ({ cpuSeconds }: { cpuSeconds: number }, patients: number) => (cpuSeconds / patients) * 1e6;
  const [first, then] = [each(small, few), each(large, many)];
  const speed = Math.round(large.pages / large.cpuSeconds);
  return [
    {
      name: 'report, CPU time a patient',
      floor: `${few}: ${first.toFixed(0)} us`,
      reached: `${many}: ${then.toFixed(0)} us (${speed} pages/s)`,
      ratio: first / then,
      aim: aimTime,
      ok: first / then >= aimTime,
    },
    {
      name: 'report, memory',
      floor: `${few}: ${small.peakMiB.toFixed(0)} MiB`,
      reached: `${many}: ${large.peakMiB.toFixed(0)} MiB`,
      ratio: small.peakMiB / large.peakMiB,
      aim: aimMemory,
      ok: small.peakMiB / large.peakMiB >= aimMemory && large.peakMiB < mostMiB,
    },
  ];
};
