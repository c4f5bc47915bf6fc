import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../../src/config/schema.ts';
import { asker, openDecisionKit, question } from '../decisions/kit.ts';
import { good, tenant } from '../record/kit.ts';
import { fillLedger } from './filled-ledger.ts';
import { percentile } from './rounds.ts';

/**
 * `node test/bench/rebuild-memory.ts <patients>`: a log of ten events a patient and no read models, which two workers
 * then build while checks go on; prints the peak of the resident memory and what the checks took, during the rebuild
 * and after it. As many records are cached as in the service. Too long for `npm run bench`: 1,000,000 patients are 10
 * million events.
 */
const eventsEach = 10;
const pauseMs = 5;
const usualMs = 10_000;

const residentMiB = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

const p99 = (values: readonly number[]): number => percentile(values, 0.99);

const measure = async (folder: string, patients: number): Promise<void> => {
  const kit = await openDecisionKit(folder, { cacheSize: configSchema.parse({}).cache.records });
  let peak = 0;
  let latencies: number[] = [];
  let asking = true;
  const ask = async (): Promise<void> => {
    const begun = performance.now();
    const patient = { system: 'urn:x', value: `P${Math.floor(Math.random() * patients)}` };
    good(await kit.decisions.ask(asker, tenant, patient, [question]));
    latencies.push(performance.now() - begun);
    peak = Math.max(peak, residentMiB());
  };
  const waiting = new Set<Promise<void>>();
  const askOn = async (): Promise<void> => {
    for (; asking; await sleep(pauseMs)) {
      const asked = ask().finally(() => waiting.delete(asked));
      waiting.add(asked);
    }
    await Promise.all(waiting);
  };
  const checks = askOn();
  const begun = performance.now();
  // The one that began when there were no models.
  const { events } = good(await kit.projections.rebuild());
  const seconds = (performance.now() - begun) / 1000;
  const during = p99(latencies);
  await kit.projections.caughtUp(60_000);
  latencies = [];
  await sleep(usualMs);
  const usual = p99(latencies);
  asking = false;
  await checks;
  const rate = Math.round(events / seconds);
  console.log(
    `${events} events in ${seconds.toFixed(1)} s (${rate}/s), peak ${Math.round(peak)} MiB resident`,
  );
  console.log(`checks, p99: usually ${usual.toFixed(2)} ms, during the rebuild ${during.toFixed(2)} ms`);
  await kit.close();
};

const [patients, folder] = process.argv.slice(2);
if (folder !== undefined) await fillLedger(folder, Number(patients), eventsEach);
else {
  const made = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    // In a process of its own, so that its memory is not counted.
    const filling = fork(fileURLToPath(import.meta.url), [patients!, made]);
    await once(filling, 'exit');
    await measure(made, Number(patients));
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
