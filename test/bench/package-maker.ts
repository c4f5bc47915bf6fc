import { createHash, hash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { ExportHeader, ExportRecord } from '../../schemas/export/package.ts';
import { settings as settingsSchema } from '../../schemas/settings.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { fold } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent } from '../../src/consent/state.ts';
import { checkpointText } from '../../src/evidence/checkpoint.ts';
import { exportText } from '../../src/evidence/export-note.ts';
import { HeadsStore, headsSchema } from '../../src/evidence/heads-store.ts';
import { headKey } from '../../src/evidence/heads-tree.ts';
import { headKeys } from '../../src/evidence/heads-walk.ts';
import { decisionLink, decisionsOf, hashOfLeaf } from '../../src/evidence/leaf.ts';
import { type Hash, leafHash, nodesOver, rootOf, sha256 } from '../../src/evidence/merkle.ts';
import { besideLeaves } from '../../src/evidence/multiproof.ts';
import { signNote, verifierKey } from '../../src/evidence/signed-note.ts';
import { canonicalText, commitmentOf } from '../../src/record/commitment.ts';
import { patientStream } from '../../src/record/streams.ts';
import { asker, question } from '../decisions/kit.ts';
import { keyOf } from '../evidence/story.ts';
import { consent, good, tenant } from '../record/kit.ts';

const origin = 'ledger.example/bench';
const signer = { name: origin, privateKey: keyOf(1) };
export const benchKey = verifierKey(origin, signer.privateKey);

const eventsEach = 10;
const decisionsEach = 3;
/** Answers that share an event. */
const together = 50;
const firstAt = Date.parse('2023-01-01T00:00:00.000Z');
const policy = good(compilePolicy(settingsSchema.parse({})));
const uuid = (text: string) => {
  const hex = hash('sha256', text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
const hex = (bytes: Hash) => bytes.toString('hex');
const isoAt = (index: number) => new Date(firstAt + index * 1000).toISOString();

/** Salt, payload and commitment, as if it had been sealed. */
const sealed = (payload: unknown, name: string) => {
  const salt = sha256(Buffer.from(name));
  const text = canonicalText(payload);
  return {
    commitment: commitmentOf(salt, text),
    opened: { salt: salt.toString('base64url'), payload: JSON.parse(text) as Record<string, unknown> },
  };
};

type Placed = { index: number; id: string; schemaVersion: number; recordedAt: string; stored: Hash };
/** What stands at a leaf besides what it says. */
const placedAt = (index: number): Placed => ({
  ...{ index, id: uuid(`event ${index}`), schemaVersion: 1, recordedAt: isoAt(index) },
  stored: sha256(Buffer.from(`${index}`)),
});

const subjectOf = (n: number) => uuid(`patient ${n}`);

/** The patient with this number: the same each time it is asked for, so that none has to be kept. */
const patientOf = (n: number) => {
  const stream = patientStream(subjectOf(n));
  const events: PatientEvent[] = [];
  const leaves: Hash[] = [];
  const records: ExportRecord[] = [];
  for (let revision = 0; revision < eventsEach; revision++) {
    const consentId = uuid(`consent ${n} ${revision >> 1}`);
    const type = revision % 2 === 0 ? 'ConsentGranted' : 'ConsentRevoked';
    const payload = revision % 2 === 0 ? consent({ consentId }) : { consentId, agent: asker };
    const { commitment, opened } = sealed(payload, `salt ${n} ${revision}`);
    const placed = placedAt(1 + n * eventsEach + revision);
    const previous = leaves.at(-1);
    leaves.push(
      hashOfLeaf({ tenant, stream, revision, type, commitment, ...placed, ...(previous && { previous }) }),
    );
    const at = { revision, recordedAt: Date.parse(placed.recordedAt), id: placed.id };
    events.push({ type, payload: opened.payload, ...at } as unknown as PatientEvent);
    records.push({
      record: 'event',
      ...placed,
      stored: hex(placed.stored),
      type,
      commitment,
      revision,
      opened,
    });
  }
  const record = fold(emptyRecord, events);
  const answers = Array.from({ length: decisionsEach }, (_, at) => {
    const now = record.recordedAt + 1 + at;
    const resolved = good(resolveQuestion(question, policy, now));
    const entry: DecisionEntry = {
      ...{
        decisionId: uuid(`decision ${n} ${at}`),
        askedAt: new Date(now).toISOString(),
        agent: asker,
        question,
      },
      ...{ answer: evaluate(record, resolved, policy), settings: policy.hash },
    };
    return sealed(entry, `answer ${n} ${at}`);
  });
  return { leaves, records, answers };
};

/** The settings, at leaf 0. */
const settingsRecord = () => {
  const payload = { hash: policy.hash, settings: policy.settings };
  const at = { tenant: '*', stream: 'settings', revision: 0, type: 'SettingsAdopted' };
  const placed = placedAt(0);
  const commitment = commitmentOf(Buffer.alloc(0), canonicalText(payload));
  const record: ExportRecord = {
    record: 'settings',
    ...at,
    ...placed,
    commitment,
    stored: hex(placed.stored),
    payload,
  };
  return { record, leaf: hashOfLeaf({ ...at, ...placed, commitment }) };
};

/** The log of twice so many patients: leaf hashes, heads, and the events that hold answers, as an export shows them. */
const logOf = (patients: number) => {
  const leaves: Hash[] = [settingsRecord().leaf];
  const heads = new HeadsStore(new Database(':memory:').exec(headsSchema));
  const answers: Hash[] = [];
  for (let n = 0; n < 2 * patients; n++) {
    const made = patientOf(n);
    leaves.push(...made.leaves);
    answers.push(...made.answers.map(({ commitment }) => Buffer.from(commitment, 'base64url')));
    heads.set({ key: headKey(patientStream(subjectOf(n))), count: eventsEach, hash: leaves.at(-1)! });
  }
  const decisions: ExportRecord[] = [];
  const links: Hash[] = [];
  let previous: Hash | undefined;
  for (let from = 0; from < answers.length; from += together) {
    const commitments = answers.slice(from, from + together);
    const entries = commitments.map(leafHash);
    const node = nodesOver(entries);
    const commitment = rootOf(entries.length, node).toString('base64url');
    const at = { tenant, stream: 'decisions-node-1', revision: from / together, type: 'DecisionsRecorded' };
    const placed = placedAt(leaves.length);
    const leaf = hashOfLeaf({ ...at, ...placed, commitment, ...(previous && { previous }) });
    leaves.push(leaf);
    const shown = entries.flatMap((_, entry) => (isShown(patientOfAnswer(from + entry)) ? [entry] : []));
    decisions.push({
      ...{
        record: 'decisions',
        ...at,
        ...placed,
        commitment,
        stored: hex(placed.stored),
        entries: entries.length,
      },
      ...(previous && { previous: hex(previous) }),
      beside: besideLeaves(shown, { begin: 0, end: entries.length }, node).map(hex),
    });
    previous = leaf;
    for (const [entry, committed] of commitments.entries()) {
      const n = patientOfAnswer(from + entry);
      links[n] = decisionLink(links[n], leaf, entry, committed);
    }
  }
  for (const [n, hash] of links.entries())
    heads.set({ key: headKey(decisionsOf(subjectOf(n))), count: decisionsEach, hash });
  return { leaves, heads, decisions, firstOfDecisions: leaves.length - decisions.length };
};

const isShown = (n: number) => n % 2 === 0;
const patientOfAnswer = (at: number) => Math.floor(at / decisionsEach);

/**
 * The lines of a package, as a ledger would make it, about every other of twice so many patients: ten events and three
 * logged answers each, all of them opened. For measuring alone: it holds the hashes of the whole log.
 */
export function* packageLines(patients: number): Generator<string> {
  const { leaves, heads, decisions, firstOfDecisions } = logOf(patients);
  const size = leaves.length;
  const node = nodesOver(leaves);
  const exportId = uuid('export');
  const digest = createHash('sha256');
  let count = 0;
  const line = (record: ExportRecord): string => {
    const text = `${canonicalText(record)}\n`;
    digest.update(text);
    count += 1;
    return text;
  };
  const state = { origin, size, root: rootOf(size, node), heads: heads.root(), recordedAt: isoAt(size - 1) };
  const header: ExportHeader = {
    ...{
      record: 'export',
      version: 1,
      exportId,
      kind: 'disclosures',
      language: 'en',
      tenant,
      requestedBy: asker,
    },
    ...{ requestedAt: isoAt(size), cohort: { by: 'form', formId: 'f' } },
    checkpoint: signNote(checkpointText(state), [signer]),
  };
  yield line(header);
  yield line(settingsRecord().record);
  for (const record of decisions) yield line(record);
  for (let number = 1; number <= patients; number++) {
    const n = 2 * (number - 1);
    const { records, answers } = patientOf(n);
    const counts = { events: records.length, decisions: answers.length };
    yield line({ record: 'patient', number, status: 'known', subject: subjectOf(n), ...counts });
    for (const record of records) yield line(record);
    for (const [at, answer] of answers.entries()) {
      const place = n * decisionsEach + at;
      const index = firstOfDecisions + Math.floor(place / together);
      yield line({ record: 'decision', index, entry: place % together, ...answer });
    }
  }
  const included = leaves.flatMap((_, index) => {
    const isOfPatient = index > 0 && index < firstOfDecisions;
    return !isOfPatient || isShown(Math.floor((index - 1) / eventsEach)) ? [index] : [];
  });
  const beside = besideLeaves(included, { begin: 0, end: size }, node).map(hex);
  for (let from = 0; from < beside.length; from += 1000)
    yield line({ record: 'tree', beside: beside.slice(from, from + 1000) });
  const walk: Extract<ExportRecord, { record: 'heads' }>['walk'] = [];
  const shown = Array.from({ length: patients }, (_, at) => subjectOf(2 * at));
  heads.walk(headKeys(shown.flatMap((one) => [patientStream(one), decisionsOf(one)])), (step) => {
    if (typeof step === 'string') walk.push(step);
    else if ('beside' in step) walk.push({ beside: hex(step.beside) });
    else walk.push({ key: hex(step.head.key), count: step.head.count, hash: hex(step.head.hash) });
  });
  for (let from = 0; from < walk.length; from += 1000)
    yield line({ record: 'heads', walk: walk.slice(from, from + 1000) });
  const note = signNote(exportText(origin, exportId, digest.digest()), [signer]);
  const totals = { known: patients, unknown: 0, erased: 0 };
  const [events, said] = [patients * eventsEach, patients * decisionsEach];
  yield `${canonicalText({ record: 'end', patients: totals, events, decisions: said, records: count + 1, note })}\n`;
}
