import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { consentGranted } from '../../schemas/events/consent-granted.ts';
import { openVault } from '../../src/ledger-vault.ts';
import { runThread } from '../../src/projections/thread.ts';
import type { ThreadStart } from '../../src/projections/thread-messages.ts';
import type { ThreadPlaces } from '../../src/projections-thread.ts';
import { LogReader } from '../../src/store/log-reader.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { openKeyStore } from '../../src/vault/keystore.ts';

/** As src/projections-thread.ts was before any event type but ConsentGranted was thought of. */
const { job, places } = workerData as ThreadStart<ThreadPlaces>;
const log = new LogReader(places.logFile);
const vault = await openVault(places.vault);
const keyring = openKeyring({ vault, keyStore: await openKeyStore(places.keysFolder), uuid: randomUUID });

runThread(parentPort!, job, { log, keyring, definitions: [consentGranted] }, async () => {
  log.close();
  await vault.close();
});
