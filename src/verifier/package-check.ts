import type { ExportEnd, ExportHeader, ExportPatient, ExportRecord } from '../../schemas/export/package.ts';
import { exportText } from '../evidence/export-note.ts';
import type { Hash } from '../evidence/merkle.ts';
import { parseNote, verifyNote } from '../evidence/signed-note.ts';
import type { Begun, PackageTrust } from './begin.ts';
import { type Fault, faultAt } from './fault.ts';
import { LedgerEvents } from './ledger-events.ts';
import { LogLeaves } from './log-leaves.ts';
import { NamedHeads } from './named-heads.ts';
import { faultInPatient, PatientCheck } from './patient.ts';
import { nothingChecked } from './verdict.ts';

/** The records of a package behind its header. Each comes in its order; the first fault ends it. */
export class PackageCheck {
  readonly checked = nothingChecked();
  readonly #begun: Begun;
  readonly #trust: PackageTrust;
  readonly #leaves = new LogLeaves();
  readonly #heads = new NamedHeads();
  readonly #ledger = new LedgerEvents(this.#leaves);
  #patient: PatientCheck | undefined;
  #patients = 0;
  #isProving = false;

  constructor(begun: Begun, trust: PackageTrust) {
    this.#begun = begun;
    this.#trust = trust;
  }

  /** `number`: of the record, from 1. `digestBefore`: SHA-256 of all lines before it. */
  take(
    record: Exclude<ExportRecord, ExportHeader>,
    number: number,
    digestBefore: () => Hash,
  ): Fault | undefined {
    this.checked.records = number;
    switch (record.record) {
      case 'settings':
        this.checked.settings += 1;
        return this.#ledger.settings(record, number);
      case 'decisions':
        return this.#ledger.holdsDecisions(record, number);
      case 'patient':
        return this.#endPatient() ?? this.#beginPatient(record, number);
      case 'event':
        return this.#patient!.event(record, number);
      case 'erasure':
        return this.#patient!.erasure(record, number);
      case 'decision':
        return this.#patient!.decision(record, number);
      default:
        return this.#beginProofs() ?? this.#proof(record, number, digestBefore);
    }
  }

  #proof(
    record: Extract<ExportRecord, { record: 'tree' | 'heads' | 'consistency' | 'end' }>,
    number: number,
    digestBefore: () => Hash,
  ): Fault | undefined {
    const at = { record: number };
    switch (record.record) {
      case 'tree':
        return record.beside.every((hash) => this.#leaves.beside(Buffer.from(hash, 'hex')))
          ? undefined
          : faultAt('inclusion', 'there are more hashes of the log than there is place for', at);
      case 'heads':
        return record.walk.every((step) => this.#heads.step(step))
          ? undefined
          : faultAt('completeness', 'the walk to the heads does not go this way', at);
      case 'consistency':
        return this.#begun.growth.take(record, number);
      case 'end':
        return this.#end(record, number, digestBefore());
    }
  }

  #beginPatient(patient: ExportPatient, record: number): Fault | undefined {
    const { header } = this.#begun;
    this.#patients += 1;
    const reason = faultInPatient(patient, header, this.#patients);
    if (reason !== undefined) return faultAt('form', reason, { record, patient: patient.number });
    const { policies, decisions } = this.#ledger;
    const places = { leaves: this.#leaves, heads: this.#heads };
    this.#patient = new PatientCheck(patient, { header, policies, decisionEvents: decisions, ...places });
    return undefined;
  }

  #endPatient(): Fault | undefined {
    const ended = this.#patient;
    if (ended === undefined) return undefined;
    this.#patient = undefined;
    const { checked } = this;
    checked.patients[ended.patient.status] += 1;
    checked.events += ended.shown.events;
    checked.eventsOpened += ended.shown.eventsOpened;
    checked.decisions += ended.shown.decisions;
    checked.decisionsOpened += ended.shown.decisionsOpened;
    checked.erasures += ended.shown.erasures;
    return ended.end();
  }

  /** Behind the last patient: all leaves and names are there, and what proves them follows. */
  #beginProofs(): Fault | undefined {
    if (this.#isProving) return undefined;
    this.#isProving = true;
    this.checked.leaves = this.#leaves.count;
    return (
      this.#endPatient() ??
      this.#faultInCohort() ??
      this.#ledger.decisions.faultInEntries() ??
      this.#leaves.begin(this.#begun.checkpoint) ??
      this.#heads.begin()
    );
  }

  #faultInCohort(): Fault | undefined {
    const { cohort } = this.#begun.header;
    if (cohort.by === 'erasure' && (this.#patients !== 1 || this.checked.erasures !== 1))
      return faultAt('completeness', 'the one erasure that was asked for is not shown');
    return cohort.by === 'identifiers' && cohort.asked !== this.#patients
      ? faultAt('completeness', `${cohort.asked} patients were asked for, and ${this.#patients} are shown`)
      : undefined;
  }

  #end(end: ExportEnd, record: number, digest: Hash): Fault | undefined {
    const { checkpoint, growth, header } = this.#begun;
    const { checked } = this;
    const isCounted =
      end.records === record &&
      end.events === checked.events &&
      end.decisions === checked.decisions &&
      (['known', 'unknown', 'erased'] as const).every((one) => end.patients[one] === checked.patients[one]);
    if (!isCounted) return faultAt('totals', 'it says that it holds another number of records', { record });
    const fault = this.#leaves.end(checkpoint) ?? this.#heads.end(checkpoint) ?? growth.end();
    if (fault !== undefined) return fault;
    const note = parseNote(end.note);
    const isSigned =
      note?.text === exportText(checkpoint.origin, header.exportId, digest) &&
      verifyNote(note, this.#trust.trusted).includes(checkpoint.origin);
    return isSigned
      ? undefined
      : faultAt('signature', 'the export as a whole is not what the ledger signed', { record });
  }
}
