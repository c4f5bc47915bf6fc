import type { ProvenDecision, ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { type Head, headKey, verifyHead } from './heads-tree.ts';
import { decisionLink, decisionsOf, hashOfLeaf } from './leaf.ts';
import { type Hash, leafHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { type NoteVerifier, parseNote, verifyNote } from './signed-note.ts';

/** The first thing that is wrong, as a sentence; undefined where nothing is. */
export type Fault = string | undefined;

/** What a note says, where a trusted key signed it and it is of the ledger that this key is of. */
export const trustedCheckpoint = (note: string, trusted: readonly NoteVerifier[]): Checkpoint | undefined => {
  const parsed = parseNote(note);
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (parsed === undefined || checkpoint === undefined) return undefined;
  return verifyNote(parsed, trusted).includes(checkpoint.origin) ? checkpoint : undefined;
};

/** The leaf hash that an event comes to by what is shown of it. */
export const leafHashOf = ({ index: _, path: __, previous, stored, ...leaf }: ProvenEvent): Hash =>
  hashOfLeaf({
    ...leaf,
    stored: bytes(stored),
    ...(previous !== undefined && { previous: bytes(previous) }),
  });

/** Whether an event stands in the log where it is said to. */
export const stands = (event: ProvenEvent, { size, root }: Checkpoint): boolean =>
  verifyInclusion(leafHashOf(event), event.index, size, event.path.map(bytes), root);

/** What the heads tree says of a name: its head, that it has none, or undefined where the proof is not sound. */
export const headUnder = (
  { name, siblings, found }: ProvenHead,
  { heads }: Checkpoint,
): Head | 'absent' | undefined =>
  verifyHead(
    headKey(name),
    {
      siblings: siblings.map(bytes),
      ...(found && { found: { key: bytes(found.key), count: found.count, hash: bytes(found.hash) } }),
    },
    heads,
  );

/** Checks that these are all events of the stream that `head` names, from the first to the last before `checkpoint`. */
export const faultInEvents = (
  events: readonly ProvenEvent[],
  head: ProvenHead,
  checkpoint: Checkpoint,
): Fault => {
  let previous: Hash | undefined;
  for (const [revision, event] of events.entries()) {
    const which = `event ${revision} of ${head.name}`;
    if (event.stream !== head.name || event.revision !== revision) return `${which} is not there`;
    if (event.previous !== previous?.toString('hex')) return `${which} does not follow the one before it`;
    if (!stands(event, checkpoint)) return `${which} does not stand in the log as it is shown`;
    previous = leafHashOf(event);
  }
  return faultInHead(head, events.length, previous, checkpoint);
};

/** Checks that these are all logged answers about `subject` before `checkpoint`, in the order of the log. */
export const faultInDecisions = (
  decisions: readonly ProvenDecision[],
  subject: string,
  head: ProvenHead,
  checkpoint: Checkpoint,
): Fault => {
  if (head.name !== decisionsOf(subject)) return `the head is of ${head.name}`;
  let link: Hash | undefined;
  for (const [n, { event, entry, entries, commitment, path }] of decisions.entries()) {
    if (!stands(event, checkpoint)) return `answer ${n} does not stand in the log as it is shown`;
    const committed = Buffer.from(commitment, 'base64url');
    const root = Buffer.from(event.commitment, 'base64url');
    if (!verifyInclusion(leafHash(committed), entry, entries, path.map(bytes), root))
      return `answer ${n} is not that entry of its event`;
    link = decisionLink(link, leafHashOf(event), entry, committed);
  }
  return faultInHead(head, decisions.length, link, checkpoint);
};

/** Checks that the log of `checkpoint` is that of an earlier one, gone on. */
export const faultInGrowth = (
  earlier: Checkpoint,
  checkpoint: Checkpoint,
  path: readonly string[],
): Fault => {
  if (earlier.origin !== checkpoint.origin) return 'the earlier checkpoint is of another ledger';
  if (earlier.size === checkpoint.size && !earlier.heads.equals(checkpoint.heads))
    return 'two checkpoints of the same log name other heads';
  return verifyConsistency(earlier, checkpoint, path.map(bytes))
    ? undefined
    : 'the log is not the earlier one, gone on';
};

const faultInHead = (
  head: ProvenHead,
  count: number,
  last: Hash | undefined,
  checkpoint: Checkpoint,
): Fault => {
  const found = headUnder(head, checkpoint);
  if (found === undefined) return `what is said of ${head.name} is not under the checkpoint`;
  const expected = found === 'absent' ? 0 : found.count;
  if (count !== expected) return `${head.name} has ${expected}, and ${count} are shown`;
  if (found !== 'absent' && !last?.equals(found.hash)) return `${head.name} does not end as it is shown`;
  return undefined;
};

const bytes = (hex: string): Hash => Buffer.from(hex, 'hex');
