import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { type Hash, leafHash, nodesOver } from '../evidence/merkle.ts';
import { besideLeaves } from '../evidence/multiproof.ts';
import { sealedEntries } from '../projections/disclosures-index.ts';
import type { IndexedEvent } from '../store/port.ts';
import type { AnswerRef } from './answers-table.ts';
import type { GatherParts } from './gather-parts.ts';
import { hashesOf, placedLeafMembers } from './leaf-record.ts';
import { RecordWriter } from './package-lines.ts';
import { spanOf } from './request.ts';

/** Events in memory, and between two commits: each may hold 500 answers. */
const together = 4;

/**
 * The second stage: goes once through the events that hold answers, in the order of the log; writes down each, with
 * the proof of its entries, and keeps these, as they are sealed, for the patients.
 */
export const gatherAnswers = async (parts: GatherParts): Promise<Result<void>> => {
  const { file, answers } = parts;
  const total = answers.events();
  let done = 0;
  for (;;) {
    const state = file.state();
    const refs = answers.refs(state.next, together);
    if (refs.length === 0) break;
    const byEvent = Map.groupBy(refs, ({ index }) => index);
    const events = [...byEvent.keys()].map((index) => eventAt(parts, index));
    const previous = await previousOf(parts, events);
    if (!previous.ok) return previous;
    file.begin();
    const writer = new RecordWriter(file, 'package', state.totals);
    for (const [at, event] of events.entries())
      addEvent(parts, writer, event, previous.value[at], byEvent.get(event.index)!);
    writer.flush();
    file.commit({ ...state, next: refs.at(-1)!.index, totals: writer.totals() });
    done += events.length;
    parts.onProgress('answers', done / total, 0);
  }
  const state = file.state();
  file.begin();
  file.commit({ ...state, stage: 'patients', next: 1 });
  return ok(undefined);
};

const addEvent = (
  { answers, about, definitions }: GatherParts,
  writer: RecordWriter,
  event: IndexedEvent,
  previous: Hash | undefined,
  refs: readonly AnswerRef[],
): void => {
  const sealed = sealedEntries(event, definitions);
  const leaves = sealed.map(({ commitment }) => leafHash(Buffer.from(commitment, 'base64url')));
  const included = refs.map(({ entry }) => entry);
  const beside = besideLeaves(included, { begin: 0, end: leaves.length }, nodesOver(leaves));
  writer.add({
    record: 'decisions',
    ...placedLeafMembers(event, previous),
    entries: sealed.length,
    beside: beside.map((hash) => hash.toString('hex')),
  });
  answers.addLeaf(event.index - 1);
  const { from, until } = spanOf(about);
  const isAsked = from <= event.recordedAt && event.recordedAt < until;
  const place = { tenant: event.metadata.tenant, stream: event.stream, revision: event.revision };
  for (const { entry, patient } of refs) {
    const { commitment, envelope } = sealed[entry]!;
    const kept = { index: event.index - 1, entry, commitment };
    const { schemaVersion } = event.metadata;
    answers.keep(patient, isAsked ? { ...kept, sealed: { envelope, place, schemaVersion } } : kept);
  }
};

const eventAt = ({ log }: GatherParts, index: number): IndexedEvent => {
  const event = log.slice(index - 1, 1)[0];
  if (event?.type !== decisionsRecorded.type)
    throw new RangeError('the log does not hold what its index names');
  return event;
};

/** The leaf hash of the event before each in its stream. */
const previousOf = async (
  { log, proofs }: GatherParts,
  events: readonly IndexedEvent[],
): Promise<Result<(Hash | undefined)[]>> => {
  const known = new Map(events.map(({ stream, revision, index }) => [`${stream}/${revision}`, index]));
  const before = events.map(({ stream, revision }) => {
    if (revision === 0) return undefined;
    const index =
      known.get(`${stream}/${revision - 1}`) ?? log.streamSlice(stream, revision - 1, 1)[0]?.index;
    if (index === undefined) throw new RangeError('the log has a gap');
    return index - 1;
  });
  const hashes = await proofs.leafHashes(Float64Array.from(before.filter((index) => index !== undefined)));
  if (!hashes.ok) return hashes;
  const each = hashesOf(hashes.value);
  return ok(before.map((index) => (index === undefined ? undefined : each.next().value)));
};
