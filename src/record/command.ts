import { setTimeout as pause } from 'node:timers/promises';
import type { EventDefinition } from '../../schemas/events/define.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { Request } from '../consent/state.ts';
import type { AppendOutcome, EventStore, LocalLog, NewEvent } from '../store/port.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import {
  type CommandContext,
  type DecidedFact,
  holdsAll,
  nothingWritten,
  sealAll,
  type Written,
  writtenBefore,
} from './written.ts';

/** What a stream's events fold to, as far as carrying out a command goes. */
export interface StreamState {
  readonly revision: number;
  readonly recordedAt: Millis;
  readonly requests: readonly Request[];
}

/** A state and the moment at which it is all there is. */
export interface Ground<State> {
  readonly record: State;
  readonly now: Millis;
}

/** Where commands are carried out. */
export interface Ledger {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: LocalLog;
  readonly definitions: readonly EventDefinition[];
  /** Ids of events that no request gave one. */
  readonly uuid: () => string;
  readonly metrics?: Pick<Metrics, 'appended'> | undefined;
}

/** A stream, whose it is, and how to read what it holds now. */
export interface Target<State> {
  readonly tenant: string;
  readonly stream: string;
  readonly key: SubjectKey;
  readonly read: () => Promise<Result<Ground<State>>>;
}

/** How often a command is decided anew when writers of other processes meet on one stream. */
const maxConflicts = 16;
/** Milliseconds before each further try of an append whose outcome is unknown. */
const retryPauses = [20, 100, 500];

/** Why a command is refused whose sender last saw another revision than stands; undefined where it is not. */
export const revisionRefusal = (
  { revision }: Pick<StreamState, 'revision'>,
  { expectedRevision }: CommandContext,
): Result<never> | undefined =>
  expectedRevision === undefined || expectedRevision === revision
    ? undefined
    : fail('revision-mismatch', `it stands at revision ${revision}`);

/**
 * Decides on what a stream holds, and appends what was decided right after it. `decide` is called again when another
 * writer was faster. A retry of a request that was carried out is answered with what it wrote then.
 *
 * Failures: those of `read` and `decide`; `revision-mismatch`, `idempotency-key-reused`, `write-contention`,
 * `outcome-unknown` (ask again with the same key), `store-full`, `store-unavailable`.
 */
export const carryOut = async <State extends StreamState>(
  ledger: Ledger,
  { tenant, stream, key, read }: Target<State>,
  decide: (record: State, now: Millis) => Result<readonly DecidedFact[]>,
  context: CommandContext,
): Promise<Result<Written>> => {
  const { log, definitions, uuid } = ledger;
  for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
    const ground = await read();
    if (!ground.ok) return ground;
    const { record, now } = ground.value;
    const before = writtenBefore(record, log, stream, key, definitions, context);
    if (before !== undefined) return before;
    const decided = revisionRefusal(record, context) ?? decide(record, now);
    if (!decided.ok) return decided;
    const facts = decided.value;
    if (facts.length === 0) return ok(nothingWritten(record, log, stream));
    const place = { tenant, stream, revision: record.revision };
    const events = sealAll(facts, place, key, definitions, context, uuid);
    const outcome = await append(ledger, stream, events, record.revision);
    if (outcome.outcome === 'refused') return fail(outcome.code, outcome.detail);
    if (outcome.outcome === 'unknown')
      return fail('outcome-unknown', 'it may or may not have been written; ask again with the same key');
    // The store takes events of the same ids at the same revision for a retry; another node may have written those.
    if (outcome.outcome === 'conflict' || !holdsAll(log, stream, events, record.revision)) continue;
    const { revision, position, recordedAt } = outcome;
    const written = facts.map((fact, n) => ({
      ...fact,
      revision: record.revision + 1 + n,
      id: events[n]!.id,
    }));
    return ok({ revision, position, recordedAt, events: written, replayed: false });
  }
  return fail('write-contention', 'other writers were faster each time; ask again');
};

/** An append whose outcome is unknown is tried again with the same events at the same revision: it cannot double. */
const append = async (
  { store, metrics }: Ledger,
  stream: string,
  events: readonly NewEvent[],
  revision: number,
): Promise<AppendOutcome> => {
  for (let tries = 0; ; tries += 1) {
    const begun = performance.now();
    const outcome = await store.append(stream, events, revision);
    metrics?.appended(outcome.outcome, (performance.now() - begun) / 1000);
    const wait = retryPauses[tries];
    if (outcome.outcome !== 'unknown' || wait === undefined) return outcome;
    await pause(wait);
  }
};
