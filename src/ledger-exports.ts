import { join } from 'node:path';
import { eventDefinitions } from '../schemas/events/registry.ts';
import type { Millis } from '../schemas/instant.ts';
import type { Config } from './config.ts';
import type { ExportEvidence } from './evidence/port.ts';
import type { ExportPlaces, ExportStart } from './exports-thread.ts';
import type { LedgerStore } from './ledger-store.ts';
import { vaultPlace } from './ledger-vault.ts';
import type { LedgerProjections } from './projections/projections.ts';
import { onErased } from './record/erased.ts';
import { ExportIndex } from './reporting/export-index.ts';
import { LedgerExports } from './reporting/exports.ts';
import { notCounted, runJob } from './reporting/job.ts';
import type { Exports } from './reporting/port.ts';
import { Queue } from './reporting/queue.ts';
import { ReportLog } from './reporting/report-log.ts';
import { Shelf } from './reporting/shelf.ts';
import type { Unsigned } from './reporting/thread.ts';
import { ensurePrivateFolder } from './store/folder.ts';
import { logFile } from './store/sqlite.ts';
import type { Keyring } from './vault/keyring.ts';
import type { Vault } from './vault/port.ts';

/** What exports need of an opened ledger. */
export interface ExportedLedger {
  readonly config: Config;
  readonly store: LedgerStore;
  readonly vault: Vault;
  readonly keyring: Keyring;
  readonly projections: LedgerProjections;
  readonly clock: () => Millis;
  readonly uuid: () => string;
}

const dayMs = 86_400_000;
const cleanEveryMs = 60_000;
/** How long an export waits for the read models to count the log. */
const countedMs = 60_000;
/** After what passes by itself, as an outage of the vault. */
const retryMs = 30_000;
const entry = new URL('./exports-thread.ts', import.meta.url);

/** Who is told of what nobody waits for. */
export interface ExportListeners {
  /** Of each export that fails, by its stable code. */
  readonly onTrouble: (code: string) => void;
  /** Of each that fails because it could not be signed: why. */
  readonly onUnsigned: (unsigned: Unsigned) => void;
}

/** Opens the exports of a ledger, and goes on with those that were under way: to be closed before its evidence. */
export const openLedgerExports = async (
  { config, store, vault, keyring, projections, clock, uuid }: ExportedLedger,
  evidence: ExportEvidence,
  { onTrouble, onUnsigned }: ExportListeners,
): Promise<Exports> => {
  const { dataFolder, keysFolder, reportSigning } = config;
  const folder = join(dataFolder, 'exports');
  ensurePrivateFolder(folder);
  const index = new ExportIndex(join(folder, 'exports.db'));
  const shelf = new Shelf({ folder, index, vault, keyring });
  const signing = { keysFolder, reportSigning };
  const places: ExportPlaces = { logFile: logFile(dataFolder), vault: vaultPlace(config), ...signing };
  const queue = new Queue({
    ...{ index, shelf, keyring, clock, log: store },
    reports: new ReportLog({ store, log: store, keyring, definitions: eventDefinitions }),
    work: async (job, signal, onProgress) => {
      const counted = () => projections.caughtUp(countedMs);
      if (!(await counted())) return notCounted;
      const start: ExportStart = { ...job, places, modelsFolder: projections.folder()! };
      return runJob({ entry, start, evidence, counted, onUnsigned }, signal, onProgress);
    },
    retentionMs: config.exports.retentionDays * dayMs,
    retryMs,
    atOnce: config.exports.atOnce,
    onFailure: onTrouble,
  });
  const exports = new LedgerExports({
    ...{ index, shelf, queue, keyring, clock, uuid, onTrouble, log: store },
    maxStalenessMs: config.eventstoredb.maxStalenessMs,
  });
  await exports.start(cleanEveryMs);
  onErased(store, (subject) => exports.erased(subject));
  return exports;
};
