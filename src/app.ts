import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventDefinitions } from '../schemas/events/registry.ts';
import type { Millis } from '../schemas/instant.ts';
import type { Result } from '../schemas/result.ts';
import { developmentIssuer } from './access/development-issuer.ts';
import { openTokens } from './access/tokens.ts';
import type { Config } from './config.ts';
import { retentionPeriodsOf } from './consent/retention.ts';
import { openDecisions } from './decisions/decisions.ts';
import type { Decisions } from './decisions/port.ts';
import { Erasures } from './erasure/erasures.ts';
import { ErasureWork } from './erasure/work.ts';
import { EvidenceThread } from './evidence/client.ts';
import { openEvidence } from './evidence/evidence.ts';
import { openExportEvidence } from './evidence/export-evidence.ts';
import { signAtInterval } from './evidence/interval.ts';
import { evidenceModel } from './evidence/model.ts';
import type { Evidence, ExportEvidence } from './evidence/port.ts';
import type { EvidencePlaces } from './evidence-thread.ts';
import { createHttpApp } from './http/app.ts';
import { startServer } from './http/server.ts';
import { keepEpochs } from './ledger-epochs.ts';
import { openLedgerExports } from './ledger-exports.ts';
import { type LedgerStore, openLedgerStore } from './ledger-store.ts';
import { openVault, vaultPlace } from './ledger-vault.ts';
import { digestModels, digestRebuilt, type ModelDigest } from './projections/compare.ts';
import { Expiry } from './projections/expiry.ts';
import { modelPath } from './projections/model-file.ts';
import { type LedgerProjections, openProjections } from './projections/projections.ts';
import type { ThreadPlaces } from './projections-thread.ts';
import { onErased } from './record/erased.ts';
import { Forms } from './record/forms.ts';
import { reconcileVault } from './record/reconcile.ts';
import { openRecords, type Records } from './record/records.ts';
import { ensurePrivateFolder } from './store/folder.ts';
import { LogReader } from './store/log-reader.ts';
import { nodeIdOf } from './store/node-id.ts';
import { heardWithin } from './store/port.ts';
import { logFile } from './store/sqlite.ts';
import { createHealth } from './telemetry/health.ts';
import type { Log } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { requireOpenable } from './vault/fence.ts';
import { type Keyring, openKeyring } from './vault/keyring.ts';
import { type KeyStore, openKeyStore } from './vault/keystore.ts';
import type { Vault } from './vault/port.ts';
import { openSigningKeys } from './vault/signing-keys.ts';

const expiryIntervalMs = 10_000;
const erasureIntervalMs = 10_000;
/** How long an erasure waits for the read models before it is left to the next pass. */
const erasureWaitMs = 5_000;

/** A ledger, opened on its data folder: all that commands and the service work with. */
export interface Ledger {
  readonly config: Config;
  readonly store: LedgerStore;
  readonly vault: Vault;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
  readonly projections: LedgerProjections;
  readonly records: Records;
  readonly forms: Forms;
  readonly erasures: Erasures;
  readonly metrics: Metrics;
  readonly clock: () => Millis;
  readonly uuid: () => string;
  /** How many erased patients the vault still had when it was opened, and has no more. */
  readonly destroyedAgain: number;
  /** What the read models in service say, and what the same ones say when they are built anew from the log. */
  readonly served: (onProgress: (share: number) => void) => Promise<ModelDigest[]>;
  readonly rebuilt: (onProgress: (share: number) => void) => Promise<Result<ModelDigest[]>>;
  /** Ends what is under way and gives the data folder back. */
  close(): Promise<void>;
}

/** Where the read models of a data folder are. */
export const modelsFolder = (dataFolder: string): string => join(dataFolder, 'models');

/**
 * Opens the ledger of the configured data folder for this process alone; `onHead` is told how far a replica is that
 * catches up first.
 *
 * @throws DataFolderError, KeysRefused, StoreUnreachable, VaultUnavailable: each a sentence for the operator
 */
export const openLedger = async (
  config: Config,
  clock: () => Millis = Date.now,
  onHead?: (head: number) => void,
): Promise<Ledger> => {
  const uuid = randomUUID;
  const { dataFolder, keysFolder, cache } = config;
  await using opened = new AsyncDisposableStack();
  ensurePrivateFolder(dataFolder);
  const keyStore = await openKeyStore(keysFolder);
  const store = opened.adopt(await openLedgerStore(config, clock, onHead), (one) => one.close());
  const place = vaultPlace(config);
  const vault = opened.adopt(await openVault(place), (one) => one.close());
  await requireOpenable(vault, keyStore);
  const destroyedAgain = await reconcileVault(store, vault);
  const metrics = createMetrics();
  const maxAgeMs = cache.keySeconds * 1000;
  const keyring = openKeyring({ vault, keyStore, uuid, cacheSize: cache.keys, maxAgeMs });
  const places: ThreadPlaces = { logFile: logFile(dataFolder), vault: place, keysFolder };
  const thread = { entry: new URL('./projections-thread.ts', import.meta.url), places };
  const folder = modelsFolder(dataFolder);
  const projections = opened.adopt(await openProjections({ folder, log: store, thread }), (one) =>
    one.close(),
  );
  const { rows } = projections;
  const records = openRecords({ store, log: store, rows, uuid, metrics, cacheSize: cache.records });
  onErased(store, (subject) => {
    keyring.forget(subject);
    records.forget(subject);
  });
  const forms = new Forms({ store, log: store, keyring, uuid });
  const erasures = new Erasures({ store, log: store, keyring, uuid });
  const reader = opened.adopt(new LogReader(logFile(dataFolder)), (one) => one.close());
  const parts = { log: reader, keyring, definitions: eventDefinitions };
  const held = opened.move();
  return {
    ...{
      config,
      store,
      vault,
      keyStore,
      keyring,
      projections,
      records,
      forms,
      erasures,
      metrics,
      clock,
      uuid,
    },
    destroyedAgain,
    served: (onProgress) => digestModels(projections.folder(), parts, onProgress),
    rebuilt: (onProgress) => digestRebuilt(`${folder}-check`, thread, parts, onProgress),
    close: () => held.disposeAsync(),
  };
};

/** Opens the decisions of this node; their log is one stream a data folder. */
export const openLedgerDecisions = (ledger: Ledger, durable = true): Promise<Result<Decisions>> => {
  const { config, records, keyring, store, projections, metrics, uuid } = ledger;
  return openDecisions({
    records,
    keyring,
    log: store,
    store,
    policy: config.policy,
    projections,
    nodeId: nodeIdOf(config.dataFolder, uuid),
    uuid,
    positionWaitMs: config.limits.positionWaitMs,
    maxStalenessMs: config.eventstoredb.maxStalenessMs,
    metrics,
    durable,
  });
};

/** Opens the evidence of a ledger, with a thread of its own: to be closed before the ledger. */
export const openLedgerEvidence = async (
  ledger: Ledger,
): Promise<{ readonly evidence: Evidence; readonly exports: ExportEvidence; close(): Promise<void> }> => {
  const { store, uuid, clock } = ledger;
  const { dataFolder, keysFolder, evidence: settings } = ledger.config;
  const { origin } = settings;
  const signers = (await openSigningKeys(keysFolder, clock())).flatMap(({ privateKey }) =>
    privateKey === undefined ? [] : [{ name: origin, privateKey }],
  );
  const places: EvidencePlaces = {
    logFile: logFile(dataFolder),
    modelFile: modelPath(modelsFolder(dataFolder), evidenceModel),
  };
  const thread = new EvidenceThread({ entry: new URL('./evidence-thread.ts', import.meta.url), places });
  const evidence = openEvidence({ store, log: store, thread, origin, signers, uuid });
  const exports = openExportEvidence({ evidence, thread, origin, signers });
  return { evidence, exports, close: () => thread.close() };
};

export interface Service {
  readonly port: number;
  /** Takes no new work, finishes what was accepted, and gives the data folder back. */
  stop(): Promise<void>;
}

/**
 * Serves a ledger over HTTP until `stop`. Rejects as `openLedger` does, and where the address cannot be had.
 * `durable`: as in `openLedgerDecisions`, false only where it is measured what the log costs.
 */
export const startService = async (config: Config, log: Log, durable = true): Promise<Service> => {
  await using opened = new AsyncDisposableStack();
  const ledger = opened.adopt(await openLedger(config), (one) => one.close());
  const { store, keyStore, keyring, records, forms, projections, metrics, clock, uuid } = ledger;
  if (ledger.destroyedAgain > 0)
    log.warn('the vault still had erased patients, and has no more', { count: ledger.destroyedAgain });
  const decisions = await openLedgerDecisions(ledger, durable);
  if (!decisions.ok) throw new Error(decisions.error.detail);

  const issuers = [...config.issuers];
  if (config.developmentIssuer) issuers.push(await developmentIssuer(config.dataFolder));
  const tokens = openTokens({
    issuers,
    clock,
    cacheSize: config.cache.tokens,
    onKeysUnavailable: () => log.warn('the keys of an issuer cannot be read', { code: 'keys-unavailable' }),
  });

  const health = createHealth();
  health.watch('projections', () => ({ ready: projections.ready() }));
  const { maxStalenessMs } = config.eventstoredb;
  health.watch('store', () =>
    heardWithin(store, maxStalenessMs).ok ? { ready: true } : { ready: false, code: 'store-behind' },
  );
  metrics.watchStaleness(() => store.staleness());
  for (const { name } of projections.status()) {
    metrics.watchLag(name, () => projections.status().find((model) => model.name === name)?.lag ?? 0);
  }

  const expiry = opened.adopt(new Expiry({ projections, records, keyring, clock }), (one) => one.stop());
  expiry.start(expiryIntervalMs, ({ written, failed }) => {
    if (failed > 0) log.warn('some expiries could not be written yet', { count: failed });
    if (written > 0) log.info('expiries written', { count: written });
  });

  const { evidence, exports: exportEvidence } = opened.adopt(await openLedgerEvidence(ledger), (one) =>
    one.close(),
  );
  const exports = opened.adopt(
    await openLedgerExports(ledger, exportEvidence, {
      onTrouble: (code) => log.warn('an export came to nothing', { code }),
      onUnsigned: (unsigned) => log.error('an export could not be signed', { ...unsigned }),
    }),
    (one) => one.close(),
  );
  const { rotations, epochWatch } = keepEpochs(ledger, log);
  opened.adopt(rotations, (one) => one.stop());
  opened.adopt(epochWatch, (one) => one.stop());
  metrics.watchEpochs(() => ({ ...epochWatch.ages(), rotationFailed: rotations.last?.kind === 'failed' }));
  health.watch('keys', () => (epochWatch.known ? { ready: true } : { ready: false, code: 'epoch-unknown' }));

  opened.adopt(
    signAtInterval(evidence, config.evidence.checkpointSeconds * 1000, (outcome) => {
      if (outcome instanceof Error) log.error('the evidence is not kept', { error: outcome });
      else if (!outcome.ok && outcome.error.code !== 'not-found')
        log.error('no checkpoint could be signed', { code: outcome.error.code });
    }),
    (one) => one.stop(),
  );

  const work = opened.adopt(
    new ErasureWork({
      ...{ erasures: ledger.erasures, records, keyring, vault: ledger.vault, log: store, projections },
      ...{ exports, evidence, clock },
      maxStalenessMs: config.store === 'sqlite' ? 0 : maxStalenessMs,
      waitMs: erasureWaitMs,
      ...config.erasure,
      onStep: (_erasureId, step) => log.info('erasure', { outcome: step }),
    }),
    (one) => one.stop(),
  );
  work.start(erasureIntervalMs, (pass) => {
    if (pass instanceof Error) log.error('erasures could not be looked at', { error: pass });
    else if (pass.failed > 0) log.warn('some erasures are not finished yet', { count: pass.failed });
    if ('broken' in pass) log.error('an erasure broke', { error: pass.broken });
  });
  metrics.watchErasures(() => work.last.open);

  const { limits } = config;
  const requestMs = limits.requestSeconds * 1000;
  const app = createHttpApp({
    tokens,
    decisions: decisions.value,
    records,
    forms,
    evidence,
    exports,
    erasures: ledger.erasures,
    erasureSoonDays: config.erasure.soonDays,
    retentionPeriods: (tenant) => retentionPeriodsOf(tenant, config.retention),
    erasuresApproved: () => work.soon(),
    keyring,
    projections,
    epochs: keyStore.epochs,
    rotations,
    eventLog: store,
    policy: config.policy,
    requestSecret: keyStore.ledgerKey('request-ids'),
    log,
    metrics,
    health,
    clock,
    uuid,
    limits: {
      body: { bytes: limits.bodyBytes, depth: limits.jsonDepth },
      cohortBytes: config.exports.cohortBytes,
      requestMs,
      ratePerSecond: limits.ratePerSecond,
      positionWaitMs: limits.positionWaitMs,
      maxStalenessMs,
    },
  });
  const { host, port } = config;
  const server = opened.adopt(await startServer(app, { host, port, requestMs, uuid }), (one) => one.stop());
  const held = opened.move();
  return {
    port: server.port,
    stop: () => {
      health.stop();
      exports.release();
      return held.disposeAsync();
    },
  };
};
