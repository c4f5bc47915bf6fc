import type { Identifier } from '../../schemas/coding.ts';
import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import type { SettingsAdopted } from '../../schemas/events/settings-adopted.ts';
import type { ExportHeads, ExportSettings } from '../../schemas/export/package.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { headKey } from '../evidence/heads-tree.ts';
import { headKeys, type Keys, WalkCheck, type WalkStep, walkSteps } from '../evidence/heads-walk.ts';
import { decisionsOf, hashOfLeaf, leafOf } from '../evidence/leaf.ts';
import type { Hash } from '../evidence/merkle.ts';
import { sealedEntries } from '../projections/disclosures-index.ts';
import type { DisclosureRef } from '../projections/port.ts';
import { openPlain } from '../record/plain.ts';
import { patientStream, settingsStream, subjectOfPatientStream } from '../record/streams.ts';
import type { Member } from './cohort-table.ts';
import { type ErasedPatient, erasedOf } from './erased.ts';
import { nothingYet } from './export-file.ts';
import type { ExportCheckpoint, GatherParts } from './gather-parts.ts';
import { placedLeafMembers } from './leaf-record.ts';
import { RecordWriter } from './package-lines.ts';
import { type ExportAbout, spanOf } from './request.ts';

type Chosen = Omit<Member, 'number' | 'logged'>;

/** Look-ups in the vault under way at once. */
const lookedUpTogether = 256;
const page = 1_000;
/** Events in memory, of which each may hold 500 answers. */
const scannedTogether = 32;
const stepsInRecord = 1_000;
/**
 * The first stage: chooses who the patients are and the checkpoint that all of it is proven under, and writes down the
 * beginning of the package, where the answers stand, and the walk to the heads.
 */
export const choose = async (
  parts: GatherParts,
  identifiers: readonly Identifier[],
): Promise<Result<void>> => {
  const { file, cohort, answers, about, proofs } = parts;
  const asked = about.cohort.by === 'identifiers' ? await found(parts, identifiers) : undefined;
  let chosen: readonly Chosen[] = [];
  let keys: Keys = Buffer.alloc(0);
  const walked = await proofs.walkHeads(async (checkpoint) => {
    chosen = asked ?? listed(parts, checkpoint);
    const subjects = chosen.flatMap(({ subject }) => subject ?? []);
    keys = headKeys(subjects.flatMap((subject) => [patientStream(subject), decisionsOf(subject)]));
    return keys;
  });
  if (!walked.ok) return walked;
  const { checkpoint, walk } = walked.value;

  file.begin();
  const logged = loggedAbout(keys, walk);
  for (const one of chosen) cohort.add({ ...one, logged: logged(one.subject) });
  const erased = new Set(erasedSubjects(parts.log, checkpoint));
  const numbers = new Map<string, number>();
  for (const { number, subject, logged } of cohort.all()) {
    if (subject === undefined || logged === 0) continue;
    if (erased.has(subject)) numbers.set(subject, number);
    else addRefs(parts, number, subject, checkpoint.size);
  }
  if (numbers.size > 0) addRefsOfErased(parts, numbers, checkpoint);
  const heads = new RecordWriter(file, 'heads', nothingYet);
  for (const record of headsRecords(walkSteps(walk))) heads.add(record);
  heads.flush(true);
  const writer = new RecordWriter(file, 'package', nothingYet);
  writer.add({ record: 'export', version: 1, ...about, checkpoint: checkpoint.note });
  if (answers.events() > 0)
    for (const record of settingsRecords(parts.log, checkpoint)) {
      writer.add(record);
      answers.addLeaf(record.index);
    }
  writer.flush();
  file.commit({ stage: 'answers', next: 0, checkpoint, totals: writer.totals() });
  return ok(undefined);
};

/** Who these identifiers stand for, each identifier once. */
const found = async (
  { keyring, about }: GatherParts,
  identifiers: readonly Identifier[],
): Promise<Chosen[]> => {
  const chosen: Chosen[] = [];
  for (let from = 0; from < identifiers.length; from += lookedUpTogether) {
    const some = identifiers.slice(from, from + lookedUpTogether);
    const keys = await Promise.all(some.map((identifier) => keyring.find(about.tenant, identifier)));
    for (const [at, key] of keys.entries())
      chosen.push({ place: from + at, ...(key && { subject: key.subject }) });
  }
  return chosen;
};

/** Everybody of the tenant of whom something was recorded before the checkpoint, or who has a consent under a form. */
const listed = ({ about, log, indexes }: GatherParts, checkpoint: ExportCheckpoint): Chosen[] => {
  const { size } = checkpoint;
  const { cohort, tenant, kind } = about;
  if (kind === 'erasures') return erasedIn(about, log, size);
  const isThere = (subject: string) => {
    const first = log.streamSlice(patientStream(subject), 0, 1)[0];
    return first !== undefined && first.index <= size && first.metadata.tenant === tenant;
  };
  const subjects =
    cohort.by === 'form'
      ? pagesOf((after) => indexes.underForm(tenant, cohort.formId, after, page))
      : streamsOf(log);
  return [...subjects].filter(isThere).map((subject) => ({ subject }));
};

/** Who was erased before the checkpoint, within the period or on the one request. */
const erasedIn = (about: ExportAbout, log: GatherParts['log'], size: number): Chosen[] => {
  const { tenant, cohort } = about;
  const { from, until } = spanOf(about);
  const isAsked = ({ erasureId, recordedAt }: ErasedPatient) =>
    cohort.by === 'erasure' ? erasureId === cohort.erasureId : from <= recordedAt && recordedAt < until;
  return erasedOf(log, tenant)
    .filter((one) => one.index <= size && isAsked(one))
    .map(({ subject }) => ({ subject }));
};

/** Who was erased before the checkpoint. */
const erasedSubjects = (log: GatherParts['log'], { size }: ExportCheckpoint): string[] =>
  log
    .erasures(0)
    .filter(({ index }) => index <= size)
    .flatMap(({ stream }) => subjectOfPatientStream(stream) ?? []);

function* pagesOf(next: (after: string) => readonly string[]): Generator<string> {
  for (let after = ''; ; ) {
    const some = next(after);
    yield* some;
    if (some.length < page) return;
    after = some.at(-1)!;
  }
}

function* streamsOf(log: GatherParts['log']): Generator<string> {
  for (let after = 0; ; ) {
    const some = log.streams(after, page);
    for (const { stream } of some) {
      const subject = subjectOfPatientStream(stream);
      if (subject !== undefined) yield subject;
    }
    if (some.length < page) return;
    after = some.at(-1)!.number;
  }
}

/** How many answers about a subject the heads tree counts. */
const loggedAbout = (keys: Keys, walk: Uint8Array): ((subject: string | undefined) => number) => {
  const counts = new Map<string, number>();
  const check = new WalkCheck(keys, (_, head) => {
    if (head !== undefined) counts.set(head.key.toString('latin1'), head.count);
  });
  for (const step of walkSteps(walk)) check.add(step);
  return (subject) =>
    subject === undefined ? 0 : (counts.get(headKey(decisionsOf(subject)).toString('latin1')) ?? 0);
};

/** Where the answers about a patient stand, as far as the checkpoint covers them. */
const addRefs = ({ answers, indexes }: GatherParts, patient: number, subject: string, size: number): void => {
  for (let after: DisclosureRef | undefined; ; ) {
    const refs = indexes.disclosures(subject, after, page);
    for (const { index, entry } of refs) if (index <= size) answers.addRef({ index, entry, patient });
    after = refs.at(-1);
    if (refs.length < page || after!.index > size) return;
  }
};

/** The index has forgotten the erased: what was answered about them is looked for in the log, from end to end. */
const addRefsOfErased = (
  { answers, log, definitions }: GatherParts,
  numbers: ReadonlyMap<string, number>,
  { size }: ExportCheckpoint,
): void => {
  for (let after = 0; after < size; after += scannedTogether)
    for (const event of log.slice(after, Math.min(scannedTogether, size - after))) {
      if (event.type !== decisionsRecorded.type) continue;
      for (const [entry, { keyId }] of sealedEntries(event, definitions).entries()) {
        const patient = numbers.get(keyId);
        if (patient !== undefined) answers.addRef({ index: event.index, entry, patient });
      }
    }
};

/** All settings that were adopted before the checkpoint: answers name them by their hash. */
const settingsRecords = (log: GatherParts['log'], { size }: ExportCheckpoint): ExportSettings[] => {
  let previous: Hash | undefined;
  return log
    .streamSlice(settingsStream, 0)
    .filter(({ index }) => index <= size)
    .map((event) => {
      const before = previous;
      previous = hashOfLeaf(leafOf(event, before));
      const payload = openPlain(event) as SettingsAdopted;
      return { record: 'settings', ...placedLeafMembers(event, before), payload };
    });
};

/** The records of a walk through the heads tree. */
function* headsRecords(steps: Iterable<WalkStep>): Generator<ExportHeads> {
  let walk: ExportHeads['walk'] = [];
  for (const step of steps) {
    walk.push(shownStep(step));
    if (walk.length < stepsInRecord) continue;
    yield { record: 'heads', walk };
    walk = [];
  }
  if (walk.length > 0) yield { record: 'heads', walk };
}

const shownStep = (step: WalkStep): ExportHeads['walk'][number] => {
  if (typeof step === 'string') return step;
  if ('beside' in step) return { beside: step.beside.toString('hex') };
  const { key, count, hash } = step.head;
  return { key: key.toString('hex'), count, hash: hash.toString('hex') };
};
