import type { KeyObject } from 'node:crypto';
import type { Millis } from '../../schemas/instant.ts';
import type { Tokens } from '../access/tokens.ts';
import type { Policy } from '../consent/policy.ts';
import type { RetentionPeriods } from '../consent/retention.ts';
import type { Decisions } from '../decisions/port.ts';
import type { Erasures } from '../erasure/erasures.ts';
import type { Evidence } from '../evidence/port.ts';
import type { Projections } from '../projections/port.ts';
import type { Forms } from '../record/forms.ts';
import type { Records } from '../record/records.ts';
import type { Exports } from '../reporting/port.ts';
import type { LocalLog } from '../store/port.ts';
import type { Health } from '../telemetry/health.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { EpochKeys } from '../vault/epoch-keys.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Rotations } from '../vault/rotations.ts';
import type { BodyLimits } from './read-body.ts';

export interface HttpLimits {
  readonly body: BodyLimits;
  /** Of a body that may name many patients. */
  readonly cohortBytes: number;
  /** Milliseconds for a whole request. */
  readonly requestMs: number;
  /** Requests a second of one principal. */
  readonly ratePerSecond: number;
  /** Milliseconds that a read waits for the position that it names. */
  readonly positionWaitMs: number;
  /** Milliseconds that the log of this node may lie behind the truth for a read. */
  readonly maxStalenessMs: number;
}

/** All that the HTTP interface rests on. */
export interface Services {
  readonly tokens: Tokens;
  readonly decisions: Decisions;
  readonly records: Records;
  readonly forms: Forms;
  readonly evidence: Evidence;
  readonly exports: Exports;
  readonly erasures: Erasures;
  /** Days before its deadline at which a request for erasure is due soon. */
  readonly erasureSoonDays: number;
  readonly retentionPeriods: (tenant: string) => RetentionPeriods;
  /** To be called when one was approved, so that it is carried out at once. */
  readonly erasuresApproved: () => void;
  readonly keyring: Keyring;
  readonly projections: Projections;
  readonly epochs: Pick<EpochKeys, 'current' | 'list'>;
  readonly rotations: Pick<Rotations, 'running' | 'last' | 'begin' | 'cancel'>;
  readonly eventLog: LocalLog;
  readonly policy: Policy;
  /** Of the ledger's own, under which ids of requests are derived from their Idempotency-Key. */
  readonly requestSecret: KeyObject;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly clock: () => Millis;
  readonly uuid: () => string;
  readonly limits: HttpLimits;
}

/** What every route rests on, whatever it is about. */
export type Transport = Pick<Services, 'tokens' | 'requestSecret' | 'log' | 'metrics' | 'uuid' | 'limits'>;
