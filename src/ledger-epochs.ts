import type { Millis } from '../schemas/instant.ts';
import type { Config } from './config.ts';
import { vaultPlace } from './ledger-vault.ts';
import type { RotationPlaces } from './rotation-thread.ts';
import type { Log } from './telemetry/log.ts';
import { EpochWatch } from './vault/epoch-watch.ts';
import type { KeyStore } from './vault/keystore.ts';
import type { Vault } from './vault/port.ts';
import { Rotations } from './vault/rotations.ts';

/** What of a ledger its epochs hang on. */
interface KeptLedger {
  readonly config: Config;
  readonly vault: Vault;
  readonly keyStore: KeyStore;
  readonly clock: () => Millis;
}

/** Rotates the epochs of a ledger in a thread of its own, where they are too old or somebody asks. */
export const keepEpochs = (
  { config, vault, keyStore, clock }: KeptLedger,
  log: Log,
): { readonly rotations: Rotations; readonly epochWatch: EpochWatch } => {
  const { epochs, keysFolder } = config;
  const rotations = new Rotations({
    entry: new URL('./rotation-thread.ts', import.meta.url),
    places: { vault: vaultPlace(config), keysFolder } satisfies RotationPlaces,
    clock,
    onEnd: (end) => {
      if (end.kind === 'failed') log.error('the rotation of keys failed', { code: end.reason });
      else if (end.kind === 'cancelled') log.warn('the rotation of keys was cancelled');
      else log.info('keys rotated', { epoch: end.epoch, count: end.rewrapped });
      return epochWatch.lookNow();
    },
  });
  const epochWatch = new EpochWatch({
    ...{ keyStore, vault, clock },
    maxAgeMs: epochs.maxAgeHours === 0 ? Number.POSITIVE_INFINITY : epochs.maxAgeHours * 3_600_000,
    rotate: () => rotations.begin(),
    onFailure: (error) => log.warn('the epochs of the keys cannot be followed', { error }),
  });
  return { rotations, epochWatch };
};
