import { createHmac } from 'node:crypto';
import type { ConsentGranted } from '../../../schemas/events/consent-granted.ts';
import type { Agent } from '../../../schemas/events/define.ts';
import type { FailureCode } from '../../../schemas/failures.ts';
import type { Millis } from '../../../schemas/instant.ts';
import { fail, ok } from '../../../schemas/result.ts';
import type { Policy } from '../../consent/policy.ts';
import { emptyRecord, type PatientRecord } from '../../consent/state.ts';
import { applyReading, isFormer, standingUnread } from '../../fhir/apply.ts';
import type { ImportChoices } from '../../fhir/choices.ts';
import type { Effective } from '../../fhir/consent.ts';
import type { Refusal } from '../../fhir/refusal.ts';
import type { Forms } from '../../record/forms.ts';
import { uuidOf } from '../../record/ids.ts';
import { onSubject } from '../../record/on-subject.ts';
import type { Records } from '../../record/records.ts';
import type { WrittenEvent } from '../../record/written.ts';
import type { Keyring, SubjectKey } from '../../vault/keyring.ts';
import { VaultUnavailable } from '../../vault/port.ts';
import type { Outcome, ReportLine } from './report.ts';

/** What an import works on. */
export interface ImportServices {
  readonly records: Pick<Records, 'execute'>;
  readonly keyring: Pick<Keyring, 'find' | 'admit' | 'forget'>;
  readonly forms: Pick<Forms, 'list'>;
  readonly policy: Policy;
  readonly clock: () => Millis;
}

/** In whose name, and by which choices. */
export interface ImportContext {
  readonly tenant: string;
  readonly agent: Agent;
  readonly choices: ImportChoices;
}

/** What a resource came to. */
export type Came = Pick<ReportLine, 'outcome' | 'path' | 'reason' | 'blocks'> & {
  /** Of a failure after which nothing else could be carried out either. */
  readonly ends?: true;
  /** Left as it was: it says what it said before, and something else since. */
  readonly former?: true;
};

/** What is done about a resource that says what it said before, and something else since. */
export type IfFormer = 'leave' | 'go-back';

/** Failures of Records.execute that are not refusals of what the resource says. */
const failures: ReadonlySet<FailureCode> = new Set([
  'write-contention',
  'outcome-unknown',
  'record-unreadable',
  'patient-erased',
  'store-full',
  'store-unavailable',
]);
const ends: ReadonlySet<FailureCode> = new Set(['store-full', 'store-unavailable']);

/** Carries out what a resource was read as. */
export const importReading = async (
  reading: Effective,
  services: ImportServices,
  context: ImportContext,
  ifFormer: IfFormer,
): Promise<Came> => {
  try {
    return await carryOut(reading, services, context, ifFormer);
  } catch (error) {
    if (error instanceof VaultUnavailable) return { outcome: 'failed', reason: error.code, ends: true };
    throw error;
  }
};

const carryOut = async (
  reading: Effective,
  { records, keyring, forms, policy, clock }: ImportServices,
  { tenant, agent, choices }: ImportContext,
  ifFormer: IfFormer,
): Promise<Came> => {
  const ending = reading.kind === 'revoke' || reading.kind === 'invalidate';
  const form = await formOf(reading, forms, tenant);
  const reportOnly = choices.refused === 'report-only';
  const apply = (record: PatientRecord, now: Millis, consentIdOf: (name: string) => string) =>
    applyReading(record, reading, { policy, agent, now, reportOnly, form, consentIdOf });
  /** Whoever is not known yet is admitted only where the resource is taken: what is refused leaves nothing in the vault. */
  const find = async () => {
    const known = await keyring.find(tenant, reading.patient);
    if (known !== undefined) return ok(known);
    const applied = ending ? nobody : apply(emptyRecord, clock(), uuidOf);
    return applied.ok ? ok(await keyring.admit(tenant, reading.patient)) : applied;
  };
  let unread: Refusal | undefined;
  let former = false;
  const written = await onSubject(keyring, find, (key) =>
    records.execute(
      tenant,
      key,
      (record, now) => {
        former = !ending && isFormer(record, reading.source);
        if (former && ifFormer === 'leave') return ok([]);
        const decided = apply(record, now, (name) => consentIdFor(key, name));
        const unchanged = decided.ok && decided.value.length === 0;
        unread = unchanged ? standingUnread(record, reading.source.resourceKey, now) : undefined;
        return decided;
      },
      {},
    ),
  );
  if (written.ok && former && ifFormer === 'leave') return { outcome: 'unchanged', former };
  if (written.ok) return cameOf(written.value.events, unread, former);
  const { code, detail, pointer } = written.error;
  if (code === 'patient-unknown') return { outcome: 'unchanged' };
  if (!failures.has(code)) return { outcome: 'refused', path: pointer, reason: detail };
  return { outcome: 'failed', reason: code, ...(ends.has(code) && { ends: true }) };
};

const nobody = fail('patient-unknown', 'nothing is recorded of this patient');

const outcomeOf: Readonly<Record<string, Outcome>> = {
  ConsentGranted: 'granted',
  ConsentRevoked: 'revoked',
  ConsentInvalidated: 'invalidated',
};

/** `unread`: why the resource stands unread, where nothing was changed. */
const cameOf = ([first]: readonly WrittenEvent[], unread: Refusal | undefined, former: boolean): Came => {
  if (first === undefined) return { outcome: 'unchanged', ...(unread && { ...unread, blocks: true }) };
  const { unreadable } = first.payload as Partial<ConsentGranted>;
  if (unreadable !== undefined) return { outcome: 'unreadable', ...unreadable, blocks: true };
  const outcome = outcomeOf[first.type] ?? 'unchanged';
  return { outcome, ...(former && { reason: 'goes back to what it said before' }) };
};

/** The form that policy.uri names: its version is not named, so there must be but one (S8.5). */
const formOf = async (
  reading: Effective,
  forms: ImportServices['forms'],
  tenant: string,
): Promise<ConsentGranted['form']> => {
  if (reading.kind !== 'grant' || reading.terms.form === undefined) return undefined;
  const { uri } = reading.terms.form;
  const [form, another] = (await forms.list(tenant)).filter(({ formId }) => formId === uri);
  if (form === undefined || another !== undefined) return undefined;
  const { formId, version, combining, textSha256 } = form;
  return { formId, version, combining, textSha256 };
};

/**
 * The id of a consent by its name. It stands in clear in read models, and its name comes of what the resource
 * says; so it is made under the patient's own key, and nobody can find it by guessing.
 */
const consentIdFor = ({ key }: SubjectKey, name: string): string =>
  uuidOf(createHmac('sha256', key).update(`imported consent\n${name}`).digest('hex'));
