import { createHash, randomUUID } from 'node:crypto';
import type { SettingsAdopted } from '../../schemas/events/settings-adopted.ts';
import type {
  ExportDecision,
  ExportEvent,
  ExportHeader,
  ExportPatient,
  ExportRecord,
} from '../../schemas/export/package.ts';

import { checkpointText } from '../../src/evidence/checkpoint.ts';
import { exportText } from '../../src/evidence/export-note.ts';
import { headKeys, type WalkStep } from '../../src/evidence/heads-walk.ts';
import { decisionsOf, leafOf } from '../../src/evidence/leaf.ts';
import { consistencyProof, type Hash, leafHash, nodesOver } from '../../src/evidence/merkle.ts';
import type { EvidenceModel } from '../../src/evidence/model.ts';
import { besideLeaves } from '../../src/evidence/multiproof.ts';
import { parseVerifierKey, signNote, verifierKey } from '../../src/evidence/signed-note.ts';
import { canonicalText } from '../../src/record/commitment.ts';
import { open } from '../../src/record/envelope.ts';
import { openPlain } from '../../src/record/plain.ts';
import { openEnvelope } from '../../src/record/sealing.ts';
import { patientStream, settingsStream } from '../../src/record/streams.ts';
import type { IndexedEvent } from '../../src/store/port.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { asker, type DecisionKit, patientOf } from '../decisions/kit.ts';
import { entriesOf, keyOf, withModel } from '../evidence/story.ts';
import { tenant } from '../record/kit.ts';

const origin = 'ledger.example/hospital';
export const signer = { name: origin, privateKey: keyOf(1) };
export const trusted = [parseVerifierKey(verifierKey(origin, signer.privateKey))!];

/** Who is exported: with the key, while there is one. */
export interface Asked {
  readonly value: string;
  readonly status: ExportPatient['status'];
  readonly key?: SubjectKey;
}

const hex = (hash: Hash) => hash.toString('hex');
const pagesOf = <T>(all: readonly T[], length: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / length) }, (_, page) =>
    all.slice(page * length, (page + 1) * length),
  );

/** The lines of a package with a note of its own behind them: what only the ledger can sign. */
export const sealed = (records: readonly ExportRecord[], { privateKey } = signer): string => {
  const count = (kind: string) => records.filter(({ record }) => record === kind).length;
  const statuses = records.flatMap((one) => (one.record === 'patient' ? [one.status] : []));
  const of = (status: string) => statuses.filter((one) => one === status).length;
  const lines = records.map((record) => `${canonicalText(record)}\n`).join('');
  const digest = createHash('sha256').update(lines).digest();
  const { exportId } = records[0] as ExportHeader;
  const end = {
    record: 'end',
    patients: { known: of('known'), unknown: of('unknown'), erased: of('erased') },
    events: count('event'),
    decisions: count('decision'),
    records: records.length + 1,
    note: signNote(exportText(origin, exportId, digest), [{ name: origin, privateKey }]),
  };
  return `${lines}${canonicalText(end)}\n`;
};

const shownStep = (step: WalkStep) => {
  if (typeof step === 'string') return step;
  if ('beside' in step) return { beside: hex(step.beside) };
  return { key: hex(step.head.key), count: step.head.count, hash: hex(step.head.hash) };
};

export interface Told {
  readonly records: ExportRecord[];
  /** A checkpoint that the consistency proof goes on from. */
  readonly earlier: string;
  /** Leaf hashes of the whole log: an attacker may know them all. */
  readonly leaves: Hash[];
}

/** The records with the hashes of the log worked out anew, for the leaves that they show now. */
export const reproven = (records: readonly ExportRecord[], leaves: readonly Hash[]): ExportRecord[] => {
  const shown = records.flatMap((one) =>
    one.record === 'settings' || one.record === 'decisions' || one.record === 'event' ? [one.index] : [],
  );
  const included = shown.toSorted((a, b) => a - b);
  const beside = besideLeaves(included, { begin: 0, end: leaves.length }, nodesOver(leaves)).map(hex);
  const rest = records.filter(({ record }) => record !== 'tree');
  const proofs = pagesOf(beside, 3).map((page) => ({ record: 'tree' as const, beside: page }));
  return rest.toSpliced(
    rest.findIndex(({ record }) => record === 'heads'),
    0,
    ...proofs,
  );
};

/** What a package shows of these patients of a real ledger, without its end; made by the book, with all in memory. */
export const recordsOf = (
  { store }: DecisionKit,
  asked: readonly Asked[],
  about: AskedFor & { readonly earlier?: number } = {},
): Told => {
  const log = { slice: store.slice.bind(store), streamSlice: store.streamSlice.bind(store) };
  return withModel(log, (model) => {
    const all = log.slice(0, Number.MAX_SAFE_INTEGER);
    const noteAt = (size: number) => {
      model.advance(size);
      return signNote(checkpointText({ origin, ...model.state()! }), [signer]);
    };
    const earlier = about.earlier ?? all.length >> 1;
    const before = noteAt(earlier);
    const checkpoint = noteAt(all.length);
    const records = new Maker(all, model, asked, about).records(checkpoint, earlier);
    return { records, earlier: before, leaves: all.map((_, index) => model.tiles.node(0, index)) };
  });
};

/** What of the header is not always the same: it is of identifiers, unless it says otherwise. */
type AskedFor = Partial<Pick<ExportHeader, 'kind' | 'cohort' | 'period'>>;

class Maker {
  readonly #all: readonly IndexedEvent[];
  readonly #model: EvidenceModel;
  readonly #asked: readonly Asked[];
  readonly #about: AskedFor;
  readonly #included: number[] = [];

  constructor(all: readonly IndexedEvent[], model: EvidenceModel, asked: readonly Asked[], about: AskedFor) {
    this.#all = all;
    this.#model = model;
    this.#asked = asked;
    this.#about = about;
  }

  records(checkpoint: string, earlier: number): ExportRecord[] {
    const header: ExportHeader = {
      ...{
        record: 'export',
        version: 1,
        exportId: randomUUID(),
        kind: this.#about.kind ?? 'disclosures',
        language: 'en',
        tenant,
      },
      requestedBy: asker,
      requestedAt: '2026-06-01T08:00:00.000Z',
      reason: 'an inspection',
      cohort: this.#about.cohort ?? { by: 'identifiers', asked: this.#asked.length },
      ...(this.#about.period && { period: this.#about.period }),
      checkpoint,
    };
    const settings = this.#all
      .filter(({ stream }) => stream === settingsStream)
      .map((event) => ({
        ...{ record: 'settings' as const, ...this.#placed(event) },
        payload: openPlain(event) as SettingsAdopted,
      }));
    const subjects = new Set(this.#asked.map(({ key }) => key?.subject));
    const answers = this.#all.flatMap((event) =>
      entriesOf(event).flatMap((sealed, entry) =>
        subjects.has(sealed.keyId) ? [{ event, sealed, entry }] : [],
      ),
    );
    const decisions = [...new Set(answers.map(({ event }) => event))].map((event) => {
      const leaves = entriesOf(event).map(({ commitment }) => leafHash(Buffer.from(commitment, 'base64url')));
      const entries = answers.filter((one) => one.event === event).map(({ entry }) => entry);
      const beside = besideLeaves(entries, { begin: 0, end: leaves.length }, nodesOver(leaves)).map(hex);
      return { record: 'decisions' as const, ...this.#placed(event), entries: leaves.length, beside };
    });
    const patients = this.#asked.flatMap((one, at) => this.#patient(one, at + 1, answers));
    const size = this.#all.length;
    const { tiles, heads } = this.#model;
    const included = this.#included.toSorted((a, b) => a - b);
    const names = [...subjects].flatMap((one) => (one ? [patientStream(one), decisionsOf(one)] : []));
    const walk: ReturnType<typeof shownStep>[] = [];
    heads.walk(headKeys(names), (step) => walk.push(shownStep(step)));
    const beside = besideLeaves(included, { begin: 0, end: size }, tiles.node).map(hex);
    const path = withGrowth(this.#model, earlier, size);
    return [
      header,
      ...settings,
      ...decisions,
      ...patients,
      ...pagesOf(beside, 3).map((page) => ({ record: 'tree' as const, beside: page })),
      ...pagesOf(walk, 5).map((page) => ({ record: 'heads' as const, walk: page })),
      { record: 'consistency', from: earlier, path },
    ] as ExportRecord[];
  }

  #patient(
    { value, status, key }: Asked,
    number: number,
    answers: readonly { event: IndexedEvent; sealed: { keyId: string; commitment: string }; entry: number }[],
  ): ExportRecord[] {
    const events = this.#all.filter(({ stream }) => key && stream === patientStream(key.subject));
    const about = answers.filter(({ sealed }) => sealed.keyId === key?.subject);
    const patient: ExportPatient = {
      ...{ record: 'patient', number, status },
      ...(this.#about.cohort === undefined && { identifier: patientOf(value) }),
      ...(key && { subject: key.subject }),
      events: events.length,
      decisions: about.length,
    };
    const { from = '', until = '9' } = this.#about.period ?? {};
    return [
      patient,
      ...events.map((event): ExportEvent => {
        const { tenant: _, stream: __, previous: ___, ...leaf } = this.#placed(event);
        const isOpen = status === 'known' ? leaf.recordedAt < until : leaf.type === 'PatientErased';
        return { record: 'event', ...leaf, ...(isOpen && { opened: openedOf(event, key!) }) };
      }),
      ...about.map(({ event, sealed, entry }): ExportDecision => {
        const { index, recordedAt } = this.#placed(event, false);
        const isOpen = status === 'known' && from <= recordedAt && recordedAt < until;
        const opened = isOpen && openedAnswer(event, entry, key!);
        return { record: 'decision', index, entry, commitment: sealed.commitment, ...(opened && { opened }) };
      }),
    ];
  }

  #placed(event: IndexedEvent, isShown = true) {
    const index = event.index - 1;
    if (isShown) this.#included.push(index);
    const before = this.#all.findLast(
      (one) => one.stream === event.stream && one.revision === event.revision - 1,
    );
    const { previous, stored, ...leaf } = leafOf(
      event,
      before && this.#model.tiles.node(0, before.index - 1),
    );
    return { index, ...leaf, stored: hex(stored), ...(previous && { previous: hex(previous) }) };
  }
}

const withGrowth = (model: EvidenceModel, from: number, to: number): string[] =>
  consistencyProof(from, to, model.tiles.node).map(hex);

const openedOf = (event: IndexedEvent, key: SubjectKey) => {
  if (event.metadata.keyId === undefined)
    return { salt: '', payload: openPlain(event) as Record<string, unknown> };
  const { salt, payload } = openEnvelope(event, key);
  return { salt: salt.toString('base64url'), payload: payload as Record<string, unknown> };
};

const openedAnswer = (event: IndexedEvent, entry: number, { subject, key }: SubjectKey) => {
  const { stream, revision, type, metadata, data } = event;
  const { tenant, schemaVersion } = metadata;
  const { envelope } = JSON.parse(data.toString('utf8')).entries[entry];
  const place = { tenant, stream, revision, type, schemaVersion };
  const plain = open(key, subject, place, Buffer.from(envelope, 'base64url'));
  const [salt, payload] = JSON.parse(plain.toString('utf8'));
  return { salt, payload };
};

/** Verifies a package as bytes, in pieces of a size that fits no line. */
export const verdictOn = (bytes: string | Buffer, previous?: string, keys = trusted) => {
  const all = Buffer.from(bytes as string, 'utf8');
  const chunks = async function* () {
    for (let at = 0; at < all.length; at += 997) yield all.subarray(at, at + 997);
  };
  return verifyPackage(chunks(), { trusted: keys, previous });
};
