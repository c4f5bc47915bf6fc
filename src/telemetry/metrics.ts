import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reason } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { AppendOutcome } from '../store/port.ts';

/** In milliseconds; the key of the oldest epoch is not destroyed yet. */
export interface EpochAges {
  readonly current: Millis;
  readonly oldest: Millis;
  /** How old an epoch gets before it is replaced; infinite: rotation is left to the operator. */
  readonly max: Millis;
  /** Whether the last rotation of this process failed. */
  readonly rotationFailed: boolean;
}

/**
 * What is measured. Labels are codes, route templates and names of the code's own; never a tenant, a subject or
 * anything of a person. Durations are in seconds.
 */
export interface Metrics {
  appended(outcome: AppendOutcome['outcome'], seconds: number): void;
  /** A record was in the cache. */
  recordHit(): void;
  /** A record was not in the cache: read from its row and the `tail` of events past it, or from its whole stream. */
  recordRead(from: 'row' | 'stream', seconds: number, tail: number): void;
  decided(outcome: 'permit' | 'deny' | 'conditional', reason: Reason): void;
  /** `route` is the template, as in /consents/:consentId. */
  served(method: string, route: string, status: number, seconds: number): void;
  /** Events that `follower` (a projection, the replica) is behind the log; asked for at each scrape. */
  watchLag(follower: string, lag: () => number): void;
  /** Milliseconds that this node may lie behind the store; asked for at each scrape. */
  watchStaleness(staleness: () => number): void;
  /** Requests for erasure that are not answered, by how they stand; asked for at each scrape. */
  watchErasures(ask: () => Readonly<Record<string, number>>): void;
  /** How old the epochs of the keys are, and how the last rotation ended; asked for at each scrape. */
  watchEpochs(ask: () => EpochAges): void;
  /** The registry's text for a scrape, and its media type. */
  text(): Promise<string>;
  readonly contentType: string;
}

const fast = [0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const usual = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Metrics in a registry of their own, so that two in one process (as in tests) do not meet. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const followers = new Map<string, () => number>();
  collectDefaultMetrics({ register: registry });

  const appends = new Counter({
    name: 'consent_ledger_appends_total',
    help: 'Appends by outcome; conflict counts writers that met',
    labelNames: ['outcome'],
    registers,
  });
  const appendSeconds = new Histogram({
    name: 'consent_ledger_append_seconds',
    help: 'From handing an append to the store to its outcome',
    buckets: usual,
    registers,
  });
  const recordReads = new Counter({
    name: 'consent_ledger_record_reads_total',
    help: 'Records read: from the cache (hits), from their row or from the whole stream (misses)',
    labelNames: ['from'],
    registers,
  });
  const replaySeconds = new Histogram({
    name: 'consent_ledger_record_replay_seconds',
    help: 'Reading a record that is not in the cache, folding included',
    labelNames: ['from'],
    buckets: fast,
    registers,
  });
  const rowAge = new Histogram({
    name: 'consent_ledger_row_age_events',
    help: 'Events that a row was behind its stream when it was read',
    buckets: [0, 1, 2, 5, 10, 20, 50, 100, 1000],
    registers,
  });
  const decisions = new Counter({
    name: 'consent_ledger_decisions_total',
    help: 'Verdicts by outcome and reason',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const requests = new Counter({
    name: 'consent_ledger_http_requests_total',
    help: 'Requests by route template and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'consent_ledger_http_request_seconds',
    help: 'Requests by route template, from the first byte to the answer',
    labelNames: ['method', 'route'],
    buckets: usual,
    registers,
  });
  new Gauge({
    name: 'consent_ledger_lag_events',
    help: 'Events that a projection or the replica is behind the log',
    labelNames: ['follower'],
    registers,
    collect() {
      for (const [follower, lag] of followers) this.set({ follower }, lag());
    },
  });

  let staleness = (): number => 0;
  new Gauge({
    name: 'consent_ledger_staleness_seconds',
    help: 'How far this node may lie behind the store; beyond eventstoredb.maxStalenessMs it answers nothing',
    registers,
    collect() {
      this.set(staleness() / 1000);
    },
  });

  let erasures = (): Readonly<Record<string, number>> => ({});
  new Gauge({
    name: 'consent_ledger_erasures_open',
    help: 'Requests for erasure that are not answered, by urgency (GDPR Art. 12(3))',
    labelNames: ['urgency'],
    registers,
    collect() {
      for (const [urgency, count] of Object.entries(erasures())) this.set({ urgency }, count);
    },
  });

  let epochs: (() => EpochAges) | undefined;
  new Gauge({
    name: 'consent_ledger_epoch_age_seconds',
    help: 'Since the current epoch of the keys was made, and the oldest whose key is not destroyed yet',
    labelNames: ['epoch'],
    registers,
    collect() {
      if (epochs === undefined) return;
      const { current, oldest } = epochs();
      this.set({ epoch: 'current' }, current / 1000);
      this.set({ epoch: 'oldest' }, oldest / 1000);
    },
  });
  new Gauge({
    name: 'consent_ledger_epoch_max_age_seconds',
    help: 'How old an epoch gets before it is replaced (epochs.maxAgeHours); infinite: on command alone',
    registers,
    collect() {
      this.set((epochs?.().max ?? Number.POSITIVE_INFINITY) / 1000);
    },
  });
  new Gauge({
    name: 'consent_ledger_epoch_rotation_failed',
    help: '1 where the last rotation of the keys by this process failed, and so destroyed no older key',
    registers,
    collect() {
      this.set(epochs?.().rotationFailed ? 1 : 0);
    },
  });

  return {
    appended(outcome, seconds) {
      appends.inc({ outcome });
      appendSeconds.observe(seconds);
    },
    recordHit: () => recordReads.inc({ from: 'cache' }),
    recordRead(from, seconds, tail) {
      recordReads.inc({ from });
      replaySeconds.observe({ from }, seconds);
      if (from === 'row') rowAge.observe(tail);
    },
    decided: (outcome, reason) => decisions.inc({ outcome, reason }),
    served(method, route, status, seconds) {
      requests.inc({ method, route, status });
      requestSeconds.observe({ method, route }, seconds);
    },
    watchLag: (follower, lag) => void followers.set(follower, lag),
    watchStaleness: (ask) => {
      staleness = ask;
    },
    watchErasures: (ask) => {
      erasures = ask;
    },
    watchEpochs: (ask) => {
      epochs = ask;
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
