import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ProvenDecision, ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import { checkpointText } from '../../src/evidence/checkpoint.ts';
import { headKey } from '../../src/evidence/heads-tree.ts';
import { decisionsOf, hashOfLeaf, leafEntry, leafOf } from '../../src/evidence/leaf.ts';
import type { Hash } from '../../src/evidence/merkle.ts';
import { Prover } from '../../src/evidence/prover.ts';
import { signReceipt } from '../../src/evidence/receipt.ts';
import { signNote, verifierKey } from '../../src/evidence/signed-note.ts';
import { entriesOf, keyOf, logOf, recorded, type Told, withModel } from './story.ts';

/** The vectors of docs/evidence-format.md: `node test/evidence/vectors.ts` writes them, vectors.test.ts compares. */
export const vectorsFile = new URL('../data/evidence/vectors.json', import.meta.url);

const origin = 'ledger.example/hospital';
const old = { name: origin, privateKey: keyOf(1) };
const young = { name: origin, privateKey: keyOf(2) };

const subjects = ['0a', '0b', '0c', '0d'].map((end) => `00000000-0000-4000-8000-0000000000${end}`);
const [anna, ben, carla, nobody] = subjects as [string, string, string, string];

/** What stands in an envelope, and so in an export: the payload in its RFC 8785 form, and the salt. */
const opened = {
  salt: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  payload: '{"agent":{"issuer":"https://issuer.example","subject":"clerk"},"consentId":"c-1"}',
};
const openedCommitment = createHash('sha256')
  .update(Buffer.from(opened.salt, 'base64url'))
  .update(opened.payload)
  .digest('base64url');

const told: readonly Told[] = [
  { stream: 'settings', type: 'SettingsAdopted', tenant: '*', data: '{"settings":"of the ledger"}' },
  { stream: `consents-${anna}`, type: 'ConsentGranted', data: 'sealed 1' },
  { stream: `consents-${ben}`, type: 'ConsentGranted', tenant: 'south', data: 'sealed 2' },
  { stream: `consents-${anna}`, type: 'ConsentRevoked', data: 'sealed 3', commitment: openedCommitment },
  { stream: 'decisions-node-1', type: 'DecisionsRecorded', data: 'answers 1', about: [anna, ben, anna] },
  { stream: `consents-${carla}`, type: 'ConsentGranted', data: 'sealed 4' },
  { stream: `consents-${anna}`, type: 'ConsentGranted', tenant: 'n\u00f6rd', data: 'sealed 5' },
  { stream: 'decisions-node-2', type: 'DecisionsRecorded', data: 'answers 2', about: [carla, anna] },
  { stream: `consents-${ben}`, type: 'EmergencyAccessDeclared', tenant: 'south', data: 'sealed 6' },
];
const events = recorded(told);
const earlier = 5;

const hex = (hash: Hash) => hash.toString('hex');

type Events = { checkpoint: string; head: ProvenHead; events: ProvenEvent[] };
type Decisions = Omit<Events, 'events'> & { subject: string; decisions: ProvenDecision[] };

/** Proofs that are wrong, each in one way. */
const refused = (events: Events, decisions: Decisions) => {
  const bent = <Proof extends Events | Decisions>(why: string, proof: Proof, bend: (copy: Proof) => void) => {
    const copy = structuredClone(proof);
    bend(copy);
    return { why, ...copy };
  };
  return [
    bent('the time of an event is another', events, (one) => {
      one.events[1]!.recordedAt = '2026-03-01T08:00:03.004Z';
    }),
    bent('the last event is left out', events, (one) => void one.events.pop()),
    bent('the first event is left out', events, (one) => void one.events.shift()),
    bent('an event in the middle is left out', events, (one) => void one.events.splice(1, 1)),
    bent('two events have changed places', events, (one) => void one.events.reverse()),
    bent('an event is shown twice', events, (one) => void one.events.push(one.events[2]!)),
    bent('all events are left out', events, (one) => void one.events.splice(0)),
    bent('the last event is left out, and counted out', events, (one) => {
      one.events.pop();
      one.head.found!.count = 2;
      one.head.found!.hash = one.events[1]!.previous!;
    }),
    bent('the events are those of another stream', events, (one) => {
      one.head.name = 'settings';
    }),
    bent('an inclusion proof has a hash too many', events, (one) => {
      one.events[0]!.path.push(one.events[0]!.stored);
    }),
    bent('an inclusion proof has a hash too few', events, (one) => void one.events[0]!.path.pop()),
    bent('the size of the checkpoint is another', events, (one) => {
      one.checkpoint = one.checkpoint.replace('\n9\n', '\n8\n');
    }),
    bent('the checkpoint is signed by nobody who is trusted', events, (one) => {
      const text = one.checkpoint.slice(0, one.checkpoint.indexOf('\n\n') + 1);
      one.checkpoint = signNote(text, [{ name: origin, privateKey: keyOf(3) }]);
    }),
    bent('an answer is left out', decisions, (one) => void one.decisions.splice(1, 1)),
    bent('an answer is another entry', decisions, (one) => {
      one.decisions[0]!.entry = 1;
    }),
    bent('an answer is another', decisions, (one) => {
      one.decisions[0]!.commitment = one.decisions[1]!.commitment;
    }),
    bent('there were no answers at all, it is said', decisions, (one) => {
      one.decisions = [];
      delete (one.head as { found?: unknown }).found;
    }),
    bent('there were no answers at all, it is said, further up', decisions, (one) => {
      one.decisions = [];
      delete (one.head as { found?: unknown }).found;
      one.head.siblings.pop();
    }),
  ];
};

export const vectors = () =>
  withModel(logOf(events), (model) => {
    const prover = new Prover(model, logOf(events), entriesOf);
    const noteAt = (size: number, signers: (typeof old)[]) => {
      model.advance(size);
      return signNote(checkpointText({ origin, ...model.state()! }), signers);
    };
    const before = noteAt(earlier, [old]);
    const checkpoint = noteAt(events.length, [old, young]);
    const stream = `consents-${anna}`;
    const allEvents = {
      checkpoint,
      head: prover.head(stream),
      events: prover.events(stream, 0, 100),
      consistency: prover.consistency(earlier),
    };
    const allDecisions = {
      checkpoint,
      subject: anna,
      head: prover.head(decisionsOf(anna)),
      decisions: [prover.decision(5, 0), prover.decision(5, 2), prover.decision(8, 1)],
    };
    const leaves = new Map<string, Hash>();
    return {
      verifiers: [old, young].map(({ name, privateKey }) => verifierKey(name, privateKey)),
      stranger: verifierKey(origin, keyOf(3)),
      leaves: events.map((event) => {
        const leaf = leafOf(event, leaves.get(event.stream));
        leaves.set(event.stream, hashOfLeaf(leaf));
        return {
          data: event.data.toString('utf8'),
          entry: leafEntry(leaf).toString('utf8'),
          hash: hex(hashOfLeaf(leaf)),
        };
      }),
      opened: { ...opened, revision: 1, commitment: openedCommitment },
      heads: [
        ...['settings', ...[anna, ben, carla].map((subject) => `consents-${subject}`)],
        ...['decisions-node-1', 'decisions-node-2', ...[anna, ben, carla].map(decisionsOf)],
      ].map((name) => {
        const { count, hash } = model.heads.get(headKey(name))!;
        return { name, key: hex(headKey(name)), count, hash: hex(hash) };
      }),
      earlier: before,
      checkpoint,
      events: allEvents,
      decisions: allDecisions,
      absent: [nobody, ...Array.from({ length: 6 }, (_, n) => `nobody-${n}`)].map((subject) => ({
        checkpoint,
        head: prover.head(decisionsOf(subject)),
      })),
      receipt: signReceipt(prover.events(stream, 1, 1)[0]!, checkpoint, young),
      refuse: refused(allEvents, allDecisions),
    };
  });

if (import.meta.main) writeFileSync(vectorsFile, `${JSON.stringify(vectors(), null, 2)}\n`);
