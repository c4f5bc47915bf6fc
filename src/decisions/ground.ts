import type { Identifier } from '../../schemas/coding.ts';
import type { Millis } from '../../schemas/instant.ts';
import { ok, type Result } from '../../schemas/result.ts';
import type { Policy } from '../consent/policy.ts';
import { type PatientRecord, suppressedRecord } from '../consent/state.ts';
import type { Need } from '../record/loading.ts';
import type { Records } from '../record/records.ts';
import { tenantSystem } from '../record/streams.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';

/** What an answer is drawn from: a patient's record, or none where the patient is unknown, and what counts as now. */
export interface Ground {
  /** Under which the answer is logged. */
  readonly subjectKey: SubjectKey;
  readonly record: PatientRecord | undefined;
  readonly now: Millis;
  /** The latest knownAt that it can answer for (`LocalLog.knownUntil`). */
  readonly known: Millis;
}

/** Finds what answers are drawn from. Promises reject as the keyring's do. */
export class Grounds {
  readonly #records: Records;
  readonly #keyring: Keyring;
  readonly #log: LocalLog;
  readonly #policy: Policy;

  constructor(parts: {
    readonly records: Records;
    readonly keyring: Keyring;
    readonly log: LocalLog;
    readonly policy: Policy;
  }) {
    this.#policy = parts.policy;
    this.#records = parts.records;
    this.#keyring = parts.keyring;
    this.#log = parts.log;
  }

  /** Where all of it is in the caches, and fresh; it may be a head. */
  peek(tenant: string, patient: Identifier): Ground | undefined {
    const subjectKey = this.#keyring.peek(tenant, patient);
    const record = subjectKey && this.#records.peek(subjectKey.subject);
    if (subjectKey === undefined || record === undefined || record.erased) return undefined;
    return { subjectKey, record, ...this.#moments(record.recordedAt) };
  }

  async find(tenant: string, patient: Identifier): Promise<Result<Ground>> {
    // Before the vault is asked: who is admitted after this is recorded after this.
    const moments = this.#moments(undefined);
    const subjectKey = await this.#keyring.find(tenant, patient);
    if (subjectKey === undefined) return this.#unknown(tenant, patient, moments);
    const settled = await this.settled(tenant, subjectKey, 'current');
    // Whose record is closed is unknown from then on (S7.2), also while the key is still there.
    return settled.ok && settled.value.record?.erased
      ? this.#unknown(tenant, patient, settled.value)
      : settled;
  }

  async settled(tenant: string, subjectKey: SubjectKey, need: Need): Promise<Result<Ground>> {
    const settled = await this.#records.settled(tenant, subjectKey, need);
    return settled.ok ? ok({ subjectKey, ...settled.value }) : settled;
  }

  /** The key of what is no patient's: an answer about an unknown one is logged under it, without the identifier. */
  tenantKey(tenant: string): Promise<SubjectKey> {
    return this.#keyring.admit(tenant, { system: tenantSystem, value: tenant });
  }

  /** Only where the implicit policy reaches who is unknown does it matter whether a suppression entry was kept. */
  async #unknown(
    tenant: string,
    patient: Identifier,
    { now, known }: Pick<Ground, 'now' | 'known'>,
  ): Promise<Result<Ground>> {
    const isSuppressed =
      this.#policy.settings.implicitPolicy.unknownPatients &&
      (await this.#keyring.isSuppressed(tenant, patient));
    const record = isSuppressed ? suppressedRecord : undefined;
    return ok({ subjectKey: await this.tenantKey(tenant), record, now, known });
  }

  #moments(lastRecordedAt: Millis | undefined): Pick<Ground, 'now' | 'known'> {
    const now = this.#log.settledNow(lastRecordedAt);
    return { now, known: this.#log.knownUntil(lastRecordedAt, now) };
  }
}
