import type {
  ExportDecision,
  ExportErasure,
  ExportEvent,
  ExportHeader,
  ExportPatient,
} from '../../schemas/export/package.ts';
import type { Policy } from '../consent/policy.ts';
import { decisionLink, decisionsOf, hashOfLeaf } from '../evidence/leaf.ts';
import type { Hash } from '../evidence/merkle.ts';
import { patientStream } from '../record/streams.ts';
import { PatientAnswers } from './answers.ts';
import type { DecisionEvents } from './decision-events.ts';
import { faultInErasure } from './erasure.ts';
import { type At, type Fault, faultAt } from './fault.ts';
import type { LogLeaves } from './log-leaves.ts';
import type { NamedHeads } from './named-heads.ts';
import { isCommittedTo, patientEventOf } from './opened.ts';
import { isBeforeEnd, isInPeriod } from './period.ts';

/** What a patient's records are checked with, and where they are noted for the proofs. */
export interface PatientGround {
  readonly header: ExportHeader;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly decisionEvents: DecisionEvents;
  readonly leaves: LogLeaves;
  readonly heads: NamedHeads;
}

/** What was shown of a patient, in numbers. */
export interface Shown {
  events: number;
  eventsOpened: number;
  decisions: number;
  decisionsOpened: number;
  erasures: number;
}

const erasure = 'PatientErased';

/** One patient of an export, from its `patient` to its last `decision`. */
export class PatientCheck {
  readonly patient: ExportPatient;
  readonly shown: Shown = { events: 0, eventsOpened: 0, decisions: 0, decisionsOpened: 0, erasures: 0 };
  readonly #ground: PatientGround;
  readonly #answers = new PatientAnswers();
  #lastLeaf: Hash | undefined;
  #lastEvent: ExportEvent | undefined;
  #lastLink: Hash | undefined;
  #lastDecision: ExportDecision | undefined;

  constructor(patient: ExportPatient, ground: PatientGround) {
    this.patient = patient;
    this.#ground = ground;
  }

  event(event: ExportEvent, record: number): Fault | undefined {
    const { subject, number } = this.patient;
    const at = { record, patient: number, event: event.index };
    if (subject === undefined) return faultAt('form', 'an unknown patient has no events', at);
    if (event.revision !== this.shown.events || event.index <= (this.#lastEvent?.index ?? -1))
      return faultAt('chain', 'the event does not follow the one before it', at);
    if (this.#lastEvent?.type === erasure) return faultAt('chain', 'nothing follows an erasure', at);
    const { record: _, index, opened, stored, ...leaf } = event;
    this.#lastLeaf = hashOfLeaf({
      ...leaf,
      tenant: this.#ground.header.tenant,
      stream: patientStream(subject),
      stored: Buffer.from(stored, 'hex'),
      ...(this.#lastLeaf && { previous: this.#lastLeaf }),
    });
    this.#ground.leaves.add(index, this.#lastLeaf, record);
    this.#lastEvent = event;
    this.shown.events += 1;
    const { header } = this.#ground;
    const recordedAt = Date.parse(event.recordedAt);
    if (event.type === erasure && header.kind === 'erasures' && !isInPeriod(header, recordedAt))
      return faultAt('period', 'the erasure was recorded outside the period of the register', at);
    const isDue = this.patient.status === 'known' ? isBeforeEnd(header, recordedAt) : event.type === erasure;
    return this.#faultInOpening(opened, isDue, at) ?? (opened && this.#open(event, opened, at));
  }

  erasure(stated: ExportErasure, record: number): Fault | undefined {
    const reason = faultInErasure(stated, this.#lastEvent, this.#ground.header);
    this.shown.erasures += 1;
    return reason === undefined
      ? undefined
      : faultAt('erasure', reason, { record, patient: this.patient.number });
  }

  decision(decision: ExportDecision, record: number): Fault | undefined {
    const { subject, number, status } = this.patient;
    const at = { record, patient: number, event: decision.index };
    if (subject === undefined) return faultAt('form', 'of an unknown patient no answers are shown', at);
    const { index, entry, commitment, opened } = decision;
    const before = this.#lastDecision;
    if (before !== undefined && !(before.index < index || (before.index === index && before.entry < entry)))
      return faultAt('chain', 'the answer does not follow the one before it', at);
    const event = this.#ground.decisionEvents.find(index);
    if (event === undefined || entry >= event.entries)
      return faultAt('entries', 'the event of the answer is not in the export', at);
    const committed = Buffer.from(commitment, 'base64url');
    this.#lastLink = decisionLink(this.#lastLink, event.leaf, entry, committed);
    this.#ground.decisionEvents.show(event, entry, committed);
    this.#lastDecision = decision;
    this.shown.decisions += 1;
    const isDue = status === 'known' && isInPeriod(this.#ground.header, event.recordedAt);
    return (
      this.#faultInOpening(opened, isDue, at) ??
      (opened && this.#answer(decision, opened, event.schemaVersion, at))
    );
  }

  /** To be called behind the last of its records. */
  end(): Fault | undefined {
    const { patient, shown } = this;
    const { number, subject, status } = patient;
    if (shown.events !== patient.events || shown.decisions !== patient.decisions)
      return faultAt('completeness', 'fewer or more are shown than are said to be there', {
        patient: number,
      });
    if ((this.#lastEvent?.type === erasure) !== (status === 'erased'))
      return faultAt('form', `the patient is not ${status}`, { patient: number });
    if (subject === undefined) return undefined;
    this.#ground.heads.add(patientStream(subject), shown.events, this.#lastLeaf, number);
    this.#ground.heads.add(decisionsOf(subject), shown.decisions, this.#lastLink, number);
    return undefined;
  }

  #faultInOpening(opened: object | undefined, isDue: boolean, at: At): Fault | undefined {
    if ((opened !== undefined) === isDue) return undefined;
    return faultAt(
      'opened',
      isDue ? 'it is asked for and not shown' : 'it is shown and was not asked for',
      at,
    );
  }

  #open(event: ExportEvent, opened: NonNullable<ExportEvent['opened']>, at: At): Fault | undefined {
    if ((opened.salt === '') !== (event.type === erasure))
      return faultAt('commitment', 'its salt is not of the length that it has in this type', at);
    if (!isCommittedTo(opened, event.commitment))
      return faultAt('commitment', 'what it says is not what was recorded', at);
    const said = patientEventOf(event, opened.payload);
    if (typeof said === 'string') return faultAt('payload', said, at);
    this.#answers.add(said);
    this.shown.eventsOpened += 1;
    return undefined;
  }

  #answer(
    decision: ExportDecision,
    opened: NonNullable<ExportDecision['opened']>,
    version: number,
    at: At,
  ): Fault | undefined {
    if (opened.salt === '' || !isCommittedTo(opened, decision.commitment))
      return faultAt('commitment', 'the answer is not the one that was logged', at);
    const reason = this.#answers.reasonAgainst(opened.payload, version, this.#ground.policies);
    if (reason !== undefined) return faultAt('answer', `the logged answer does not follow: ${reason}`, at);
    this.shown.decisionsOpened += 1;
    return undefined;
  }
}

/** What is wrong with a `patient` by itself. */
export const faultInPatient = (
  { number, status, subject, identifier, events, decisions }: ExportPatient,
  { cohort, kind }: ExportHeader,
  expected: number,
): string | undefined => {
  if (number !== expected) return 'a patient is left out';
  if ((subject === undefined) !== (status === 'unknown')) return 'an unknown patient alone has no subject';
  if (kind === 'erasures' && status !== 'erased') return 'a register of erasures is of the erased alone';
  if (status === 'unknown' && events + decisions > 0) return 'of an unknown patient there is nothing';
  if ((identifier !== undefined) !== (cohort.by === 'identifiers'))
    return 'a patient has an identifier where it was asked for by one, and only there';
  return undefined;
};
