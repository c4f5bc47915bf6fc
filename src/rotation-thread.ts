import { parentPort, workerData } from 'node:worker_threads';
import { openVault, type VaultPlace } from './ledger-vault.ts';
import { openKeyStore } from './vault/keystore.ts';
import { runRotation } from './vault/rotation-thread.ts';

/** Where the thread of a rotation finds what it opens. */
export interface RotationPlaces {
  readonly vault: VaultPlace;
  readonly keysFolder: string;
}

/** The composition root of the thread that rotates: it wraps every data key anew, and needs no log. */
const { vault, keysFolder } = workerData as RotationPlaces;
const open = async () => ({ keyStore: await openKeyStore(keysFolder), vault: await openVault(vault) });
await runRotation(parentPort!, open, Date.now);
