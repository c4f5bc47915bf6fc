import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { evolve } from '../../src/consent/evolve.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import { openVault } from '../../src/ledger-vault.ts';
import { currentConsent, RowWriter, rowsOf } from '../../src/projections/current-consent.ts';
import { Generations } from '../../src/projections/generations.ts';
import { ModelFile } from '../../src/projections/model-file.ts';
import { kinds } from '../../src/projections/readers.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import type { ThreadPlaces } from '../../src/projections-thread.ts';
import { openHead, sealRow } from '../../src/record/row.ts';
import { openEvent } from '../../src/record/sealing.ts';
import { subjectOfPatientStream } from '../../src/record/streams.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';
import { good, tenant } from '../record/kit.ts';
import { fillLedger } from './filled-ledger.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const patients = 20_000;
const eventsEach = 10;
/** Log order is measured on so many events of the middle of the log; its rate is the same all along. */
const orderedEvents = 6_000;
const thread = new URL('../../src/projections-thread.ts', import.meta.url);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

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
  const keyring = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: 20_000 });
  const model = new ModelFile(join(folder, 'ordered.db'), currentConsent, 'building');
  const rows = rowsOf(model.db);
  const writer = new RowWriter(model.db);
  const begun = performance.now();
  for (let after = 0; after < orderedEvents; after += 1_000) {
    model.db.exec('BEGIN');
    for (const event of log.slice(after, 1_000)) {
      const subject = subjectOfPatientStream(event.stream)!;
      const key = { subject, key: (await keyring.keyOf(subject))! };
      const row = rows.get(subject);
      const before = row === undefined ? emptyRecord : openHead(row, tenant, key);
      writer.put(subject, sealRow(evolve(before, openEvent(event, key, eventDefinitions)), tenant, key));
    }
    model.db.exec('COMMIT');
  }
  const seconds = (performance.now() - begun) / 1000;
  model.close();
  await vault.close();
  log.close();
  await rm(join(folder, 'ordered.db'));
  return orderedEvents / seconds;
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
    return [
      row('rebuild, two workers against one', one, two, 1.6),
      row('rebuild, two workers against log order', ordered, two, 6),
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
