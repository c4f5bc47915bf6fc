import type { Identifier } from '../../schemas/coding.ts';
import { patientErased } from '../../schemas/events/patient-erased.ts';
import type {
  ExportDecision,
  ExportErasure,
  ExportEvent,
  ExportPatient,
  StatedErasure,
} from '../../schemas/export/package.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { openSalted } from '../decisions/entry.ts';
import { openPlain } from '../record/plain.ts';
import { openEnvelope } from '../record/sealing.ts';
import { patientStream } from '../record/streams.ts';
import type { IndexedEvent } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import type { KeptAnswer } from './answers-table.ts';
import type { Member } from './cohort-table.ts';
import { erasedMeanwhile, erasureIdOf } from './erased.ts';
import type { GatherParts } from './gather-parts.ts';
import { leafMembers } from './leaf-record.ts';
import { RecordWriter } from './package-lines.ts';
import { spanOf } from './request.ts';

/** Patients between two commits. */
const together = 100;

/**
 * The third stage: writes down patient after patient, with all events and all answers before the checkpoint. Failure:
 * `patient-erased`, where one was erased after it, or was found by an identifier before that was forgotten; `erasure-state`, where the erasure of a certificate is not executed.
 */
export const gatherPatients = async (
  parts: GatherParts,
  identifiers: readonly Identifier[],
): Promise<Result<void>> => {
  const { file, cohort, onProgress } = parts;
  const total = cohort.count();
  for (;;) {
    const state = file.state();
    const members = cohort.page(state.next, together);
    if (members.length === 0) return ok(undefined);
    const found: Patient[] = [];
    const { size } = state.checkpoint!;
    for (const member of members) {
      const identifier = member.place === undefined ? undefined : identifiers[member.place];
      const patient = await readPatient(parts, member, identifier, size);
      if (!patient.ok) return patient;
      found.push(patient.value);
    }
    file.begin();
    const writer = new RecordWriter(file, 'package', state.totals);
    for (const patient of found) addPatient(parts, patient, writer);
    writer.flush();
    const next = members.at(-1)!.number + 1;
    file.commit({ ...state, next, totals: writer.totals() });
    onProgress('patients', (next - 1) / total, next - 1);
  }
};

/** A patient of the cohort, with what the log holds before the checkpoint; the key where there is one. */
interface Patient {
  readonly member: Member;
  readonly identifier: Identifier | undefined;
  readonly events: readonly IndexedEvent[];
  readonly isErased: boolean;
  readonly key?: SubjectKey;
  readonly stated?: StatedErasure;
}

/** `size`: of the log under the checkpoint. */
const readPatient = async (
  parts: GatherParts,
  member: Member,
  identifier: Identifier | undefined,
  size: number,
): Promise<Result<Patient>> => {
  const { log, keyring } = parts;
  const { subject } = member;
  if (subject === undefined) return ok({ member, identifier, events: [], isErased: false });
  const all = log.streamSlice(patientStream(subject), 0);
  const events = all.filter(({ index }) => index <= size);
  const isErased = events.at(-1)?.type === patientErased.type;
  // Found by the identifier just before that was forgotten: nothing is to lead from it to the subject any more.
  if (isErased && identifier !== undefined) return erasedMeanwhile;
  if (isErased) {
    const stated = await statedIn(parts, events.at(-1)!);
    return stated.ok ? ok({ member, identifier, events, isErased, ...stated.value }) : stated;
  }
  if (all.at(-1)?.type === patientErased.type) return erasedMeanwhile;
  const key = await keyring.keyOf(subject);
  return key === undefined
    ? erasedMeanwhile
    : ok({ member, identifier, events, isErased, key: { subject, key } });
};

/** What is stated of an erasure in a report about them; the officers in the certificate of one alone. */
const statedIn = async (
  { about: { kind, cohort }, statedOf }: GatherParts,
  event: IndexedEvent,
): Promise<Result<Pick<Patient, 'stated'>>> => {
  const stated = kind === 'erasures' ? await statedOf(erasureIdOf(event)) : undefined;
  if (stated !== undefined) return ok({ stated });
  return cohort.by === 'erasure' ? fail('erasure-state', 'it is not executed yet, or was forgotten') : ok({});
};

const addPatient = (
  { about, answers }: GatherParts,
  { member, identifier, events, isErased, key, stated }: Patient,
  writer: RecordWriter,
): void => {
  const { number, subject, logged } = member;
  const patient: ExportPatient = {
    record: 'patient',
    number,
    status: subject === undefined ? 'unknown' : isErased ? 'erased' : 'known',
    ...(identifier && { identifier }),
    ...(subject !== undefined && { subject }),
    events: events.length,
    decisions: logged,
  };
  writer.add(patient);
  const { until } = spanOf(about);
  for (const event of events) {
    answers.addLeaf(event.index - 1);
    writer.add(eventRecord(event, event.recordedAt < until ? key : undefined));
  }
  if (stated !== undefined) writer.add(erasureRecord(stated, about));
  if (answers.countOf(number) !== logged)
    throw new RangeError('the index of disclosures does not hold what the log does');
  for (const answer of answers.of(number)) writer.add(decisionRecord(answer, key));
};

const erasureRecord = (
  { requestedBy, approvedBy, ...stated }: StatedErasure,
  { cohort }: GatherParts['about'],
): ExportErasure => ({
  record: 'erasure',
  ...stated,
  ...(cohort.by === 'erasure' && { requestedBy, approvedBy }),
});

const eventRecord = (event: IndexedEvent, key: SubjectKey | undefined): ExportEvent => ({
  record: 'event',
  ...leafMembers(event),
  revision: event.revision,
  ...openedMembers(event, key),
});

/** Salt and payload; what was not sealed has no salt. */
const openedMembers = (event: IndexedEvent, key: SubjectKey | undefined): Pick<ExportEvent, 'opened'> => {
  if (event.type === patientErased.type)
    return { opened: { salt: '', payload: asMembers(openPlain(event)) } };
  if (key === undefined) return {};
  const { salt, payload } = openEnvelope(event, key);
  return { opened: { salt: salt.toString('base64url'), payload: asMembers(payload) } };
};

/** Every payload is an object: its schema says so, and its seal has held since. */
const asMembers = (payload: unknown) => payload as Record<string, unknown>;

const decisionRecord = (
  { index, entry, commitment, sealed }: KeptAnswer,
  key: SubjectKey | undefined,
): ExportDecision => {
  const record: ExportDecision = { record: 'decision', index, entry, commitment };
  if (sealed === undefined || key === undefined) return record;
  const { envelope, place, schemaVersion } = sealed;
  const { salt, entry: payload } = openSalted({ commitment, envelope }, key, place, schemaVersion);
  return { ...record, opened: { salt: salt.toString('base64url'), payload: asMembers(payload) } };
};
