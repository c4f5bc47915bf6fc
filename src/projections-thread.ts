import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { eventDefinitions } from '../schemas/events/registry.ts';
import { openVault, type VaultPlace } from './ledger-vault.ts';
import { runThread } from './projections/thread.ts';
import type { ThreadStart } from './projections/thread-messages.ts';
import { LogReader } from './store/log-reader.ts';
import { openKeyring } from './vault/keyring.ts';
import { openKeyStore } from './vault/keystore.ts';

/** Where a thread of the read models finds what it opens. */
export interface ThreadPlaces {
  readonly logFile: string;
  readonly vault: VaultPlace;
  readonly keysFolder: string;
}

/** What is kept of the log: each stream is read once, and its neighbours from the same pages soon after it. */
const cacheKib = 4_096;

/**
 * The composition root of the threads of the read models, as src/app.ts is of the one that answers: they open the
 * same log and the same vault, and only read.
 */
const { job, places } = workerData as ThreadStart<ThreadPlaces>;
const log = new LogReader(places.logFile, cacheKib);
const vault = await openVault(places.vault);
const keyStore = await openKeyStore(places.keysFolder);
const keyring = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: 5_000 });

runThread(parentPort!, job, { log, keyring, definitions: eventDefinitions }, async () => {
  log.close();
  await vault.close();
});
