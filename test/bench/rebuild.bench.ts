import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { evolve } from '../../src/consent/evolve.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import { openVault } from '../../src/ledger-vault.ts';
import { currentConsent, RowWriter, rowsOf } from '../../src/projections/current-consent.ts';
import { Generations } from '../../src/projections/generations.ts';
import { ModelFile } from '../../src/projections/model-file.ts';
import { kinds } from '../../src/projections/readers.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { batchSize } from '../../src/projections/runner.ts';
import type { ThreadPlaces } from '../../src/projections-thread.ts';
import { openHead, sealRow } from '../../src/record/row.ts';
import { openEvent } from '../../src/record/sealing.ts';
import { subjectOfPatientStream } from '../../src/record/streams.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import type { RecordedEvent } from '../../src/store/port.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import { asker, type DecisionKit, openDecisionKit, question } from '../decisions/kit.ts';
import { good, tenant } from '../record/kit.ts';
import { fillLedger } from './filled-ledger.ts';
import { median, percentile } from './rounds.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const patients = 20_000;
const eventsEach = 10;
/**
 * Log order is measured on so many events of the middle of the log, one of each of as many patients, each of whom has
 * a row of half its events by then: a row grows along the log, and what the middle costs is the mean.
 */
const orderedEvents = 5_000;
const before = eventsEach / 2;
/** As many as a thread that builds read models keeps; in log order every patient comes before the first comes again. */
const cachedKeys = 5_000;
const checkedRounds = 3;
const checkedMs = 5_000;
const checkPauseMs = 5;
const thread = new URL('../../src/projections-thread.ts', import.meta.url);

/** Events a second of the rebuild as it is, with so many workers. */
const inShards = async (folder: string, places: ThreadPlaces, workers: number): Promise<number> => {
  const generations = new Generations(folder, kinds);
  const log = new LogReader(places.logFile);
  const begun = performance.now();
  const { progress } = good(await rebuild({ entry: thread, places }, generations, log, { workers }));
  const seconds = (performance.now() - begun) / 1000;
  log.close();
  await rm(folder, { recursive: true });
  return progress.events / seconds;
};

/** The floor: events in log order, for each of them the row read, opened, folded on, sealed and written again. */
const inLogOrder = async (folder: string, places: ThreadPlaces): Promise<number> => {
  const log = new LogReader(places.logFile);
  const vault = await openVault(places.vault);
  const keyStore = await openKeyStore(places.keysFolder);
  const keyring = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: cachedKeys });
  const model = new ModelFile(join(folder, 'ordered.db'), currentConsent, 'building');
  const rows = rowsOf(model.db);
  const writer = new RowWriter(model.db);
  const add = async (event: RecordedEvent): Promise<void> => {
    const subject = subjectOfPatientStream(event.stream)!;
    const key = { subject, key: (await keyring.keyOf(subject))! };
    const row = rows.get(subject);
    const record = row === undefined ? emptyRecord : openHead(row, tenant, key);
    writer.put(subject, sealRow(evolve(record, openEvent(event, key, eventDefinitions)), tenant, key));
  };
  const middle = before * patients;
  const some = log.slice(middle, orderedEvents);
  model.db.exec('BEGIN');
  for (const { stream } of some) for (const event of log.streamSlice(stream, 0, before)) await add(event);
  model.db.exec('COMMIT');
  // Of other patients, whose keys are then in the cache.
  for (const { stream } of log.slice(middle + orderedEvents, cachedKeys))
    await keyring.keyOf(subjectOfPatientStream(stream)!);

  const begun = performance.now();
  for (let after = 0; after < orderedEvents; after += batchSize) {
    model.db.exec('BEGIN');
    for (const event of log.slice(middle + after, batchSize)) await add(event);
    model.db.exec('COMMIT');
  }
  const seconds = (performance.now() - begun) / 1000;
  model.close();
  await vault.close();
  log.close();
  await rm(join(folder, 'ordered.db'));
  return orderedEvents / seconds;
};

/** The 99th percentile of the milliseconds that checks take, as they usually do and while all models are rebuilt. */
const checksMeanwhile = async (
  folder: string,
): Promise<{ readonly usual: number; readonly during: number }> => {
  const kit = await openDecisionKit(folder);
  await kit.projections.rebuild(); // The one that began when there were no models.
  await kit.projections.caughtUp(60_000);
  const during: number[] = [];
  const usual: number[] = [];
  for (let round = 0; round < checkedRounds; round += 1) {
    usual.push(await checksDuring(kit, () => sleep(checkedMs)));
    during.push(await checksDuring(kit, () => kit.projections.rebuild({ workers: 2 })));
  }
  await kit.close();
  return { usual: median(usual), during: median(during) };
};

const checksDuring = async (kit: DecisionKit, work: () => Promise<unknown>): Promise<number> => {
  const latencies: number[] = [];
  const checks = new Set<Promise<void>>();
  const check = async (): Promise<void> => {
    const begun = performance.now();
    const patient = { system: 'urn:x', value: `P${Math.floor(Math.random() * patients)}` };
    good(await kit.decisions.ask(asker, tenant, patient, [question]));
    latencies.push(performance.now() - begun);
  };
  let isOver = false;
  const over = work().finally(() => {
    isOver = true;
  });
  for (; !isOver; await sleep(checkPauseMs)) {
    const asked = check().finally(() => checks.delete(asked));
    checks.add(asked);
  }
  await over;
  await Promise.all(checks);
  return percentile(latencies, 0.99);
};

/** Rebuild of all read models: shards against log order, two workers against one, and the memory that it takes. */
export const rows = async (): Promise<BenchRow[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    const { places } = await fillLedger(folder, patients, eventsEach);
    const models = join(folder, 'models');
    const ordered: number[] = [];
    const one: number[] = [];
    const two: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ordered.push(await inLogOrder(folder, places));
      one.push(await inShards(models, places, 1));
      two.push(await inShards(models, places, 2));
    }
    const { usual, during } = await checksMeanwhile(folder);
    return [
      row('rebuild, two workers against one', one, two, 1.6),
      row('rebuild, two workers against log order', ordered, two, 6),
      {
        name: 'p99 of checks, usually against during a rebuild',
        floor: `${usual.toFixed(1)} ms`,
        reached: `${during.toFixed(1)} ms`,
        ratio: usual / during,
        aim: 0.2,
        ok: usual / during >= 0.2,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const row = (name: string, floor: readonly number[], reached: readonly number[], aim: number): BenchRow => {
  const ratio = median(reached.map((rate, round) => rate / floor[round]!));
  const perSecond = (rates: readonly number[]) => `${Math.round(median(rates))} events/s`;
  return { name, floor: perSecond(floor), reached: perSecond(reached), ratio, aim, ok: ratio >= aim };
};
