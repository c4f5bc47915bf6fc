import { setTimeout as pause } from 'node:timers/promises';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { isoOf } from '../consent/time.ts';
import type { Evidence } from '../evidence/port.ts';
import type { Projections } from '../projections/port.ts';
import type { Closed } from '../record/erased.ts';
import { uuidOf } from '../record/ids.ts';
import type { Records } from '../record/records.ts';
import type { Exports } from '../reporting/port.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Vault } from '../vault/port.ts';
import { beginDestruction, finish, keepSuppression, list } from './decide.ts';
import type { DecideErasure, Erasures, Found } from './erasures.ts';
import { lateRecipients, listRecipients } from './recipients.ts';

/** The steps of an erasure, in their order; `done` once all are. */
export const steps = [
  'list',
  'suppress',
  'close',
  'hear',
  'begin',
  'destroy',
  'exports',
  'models',
  'finish',
] as const;
export type Step = (typeof steps)[number] | 'done';

export interface SagaParts {
  readonly erasures: Erasures;
  readonly records: Pick<Records, 'close'>;
  readonly keyring: Pick<Keyring, 'keyOf'>;
  readonly vault: Pick<Vault, 'fence' | 'destroy' | 'suppress'>;
  readonly log: Pick<LocalLog, 'slice' | 'head'>;
  readonly projections: Pick<Projections, 'disclosures' | 'caughtUp'>;
  readonly exports: Pick<Exports, 'removeExportsOf'>;
  readonly evidence: Pick<Evidence, 'checkpoint'>;
  readonly clock: () => Millis;
  /** How long another node may go on answering before it hears, and how long read models are waited for. */
  readonly maxStalenessMs: number;
  readonly waitMs: number;
  /** Ends the wait for other nodes; the next pass waits anew. */
  readonly signal: AbortSignal;
  /** Is told of each step before it is begun, and of the end; the next waits for what it gives. */
  readonly onStep?: (erasureId: string, step: Step) => void | Promise<void>;
}

/**
 * Carries out one approved request, from wherever it stands. Every step can be done again without effect, by any node,
 * also by two at once; there is no way back from `close`, so none is compensated: each is only ever completed.
 *
 * | step | what | done again |
 * | list | recipients noted (Art. 19), while the key is there | noted once |
 * | suppress | a keyed hash stays, where that was approved: before the record is closed, for from then on the implicit policy is asked | noted once |
 * | close | PatientErased | the first stands |
 * | hear | as long as a node may be behind: then none answers from its caches | waits again after a restart |
 * | begin | late recipients noted | noted once |
 * | destroy | data key and identifiers | nothing is left to destroy |
 * | exports | stored exports that contain the person | none is left |
 * | models | the rows here are gone | they are |
 * | finish | ErasureExecuted, with the last epoch that can have wrapped the key; then a checkpoint over it | noted once |
 *
 * Failures: those of the parts; what was done stays done, and the next pass goes on.
 */
export const carryOutErasure = async (parts: SagaParts, found: Found): Promise<Result<void>> => {
  const { records, keyring, vault, projections, exports, evidence, clock, onStep } = parts;
  const { erasureId, tenant, erasure } = found;
  const subject = erasure.requested?.subject;
  if (subject === undefined) return fail('erasure-unknown', 'there is no such request');
  const begin = async (step: Step) => onStep?.(erasureId, step);

  let { listed } = erasure;
  if (listed === undefined) {
    await begin('list');
    const key = await keyring.keyOf(subject);
    const fresh =
      key && (await listRecipients({ ...parts, definitions: eventDefinitions }, { subject, key }));
    if (fresh?.ok === false) return fresh;
    listed = {
      recipients: [...(fresh?.value.recipients ?? [])],
      upTo: fresh?.value.upTo ?? parts.log.head(),
    };
    const noted = await note(parts, found, 'list', (now) => list(now, listed!));
    if (!noted.ok) return noted;
  }

  const kept = erasure.approved?.suppression;
  if (kept !== undefined) {
    await begin('suppress');
    const noted = await note(parts, found, 'suppress', (now) => keepSuppression(now, kept));
    if (!noted.ok) return noted;
    await vault.suppress(subject);
  }

  await begin('close');
  const closed = await records.close(tenant, subject, erasureId);
  if (!closed.ok) return closed;

  if (erasure.destruction === undefined) {
    await begin('hear');
    await pause(parts.maxStalenessMs, undefined, { signal: parts.signal }).catch(() => {});
    if (parts.signal.aborted) return fail('stopping', 'this node is stopping');
    await begin('begin');
    const begun = await beginning(parts, subject, closed.value, listed.upTo);
    const noted = await note(parts, found, 'begin', (now) => beginDestruction(now, begun));
    if (!noted.ok) return noted;
  }

  await begin('destroy');
  await vault.destroy(subject);
  const destroyedAt = isoOf(clock());
  // Only now: until it was gone, a rotation could wrap it anew. Nothing is wrapped under an epoch behind the fence.
  const epoch = (await vault.fence())?.epoch;
  await begin('exports');
  const exportsRemoved = await exports.removeExportsOf(subject);
  await begin('models');
  if (!(await projections.caughtUp(parts.waitMs)))
    return fail('position-pending', 'the read models have not counted the erasure yet');
  await begin('finish');
  const noted = await note(parts, found, 'finish', (now) =>
    finish(now, { destroyedAt, exportsRemoved, ...(epoch !== undefined && { epoch }) }),
  );
  if (!noted.ok) return noted;
  const signed = await evidence.checkpoint();
  if (!signed.ok) return signed;
  await begin('done');
  return ok(undefined);
};

const beginning = async (parts: SagaParts, subject: string, closed: Closed, since: number) => {
  const key = await parts.keyring.keyOf(subject);
  const late =
    key && (await lateRecipients({ ...parts, definitions: eventDefinitions }, { subject, key }, since));
  return {
    closedAt: isoOf(closed.recordedAt),
    closedRevision: closed.revision,
    recipients: [...(late?.recipients ?? [])],
    upTo: late?.upTo ?? since,
  };
};

/** Notes a step in the stream of the request; its id derives from both, so that it is noted once. */
const note = (
  { erasures }: SagaParts,
  { tenant, erasureId }: Found,
  step: Step,
  decide: DecideErasure,
): Promise<Result<unknown>> =>
  erasures.execute(tenant, erasureId, decide, { requestId: uuidOf(`erasure ${erasureId} ${step}`) });
