import type { MessagePort } from 'node:worker_threads';
import type { ProvenDecision, ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import { checkpointStream } from '../record/streams.ts';
import { headKey } from './heads-tree.ts';
import { PackedWalk } from './heads-walk.ts';
import { decisionsOf } from './leaf.ts';
import { consistencyProof, type Hash, type Range } from './merkle.ts';
import type { EntriesOf, EvidenceLog, EvidenceModel } from './model.ts';
import { besideLeaves } from './multiproof.ts';
import { Prover } from './prover.ts';

/** How the evidence stands: as an EvidenceState, hashes in hex, and how many checkpoints it holds. */
export interface StateText {
  readonly size: number;
  readonly root: string;
  readonly heads: string;
  readonly recordedAt: string;
  readonly checkpoints: number;
}

export interface Proofs {
  /** Of the log, to which all of it is proven. */
  readonly size: number;
  readonly head: ProvenHead;
  readonly consistency?: { readonly from: number; readonly path: string[] };
}
export type EventProofs = Proofs & { readonly events: ProvenEvent[] };
export type DecisionProofs = Proofs & { readonly decisions: ProvenDecision[] };

/** What may be asked of the thread of the evidence; it answers one after the other. */
export interface EvidenceCalls {
  /** Undefined while it holds no event. */
  state(): StateText | undefined;
  /** Takes in the log up to `size`. */
  advance(size: number): StateText | undefined;
  events(stream: string, from: number, limit: number, since: number | undefined): EventProofs;
  /** Entries about a subject, by log index and place in the event; those after the checkpoint are left out. */
  decisions(
    subject: string,
    entries: readonly { readonly index: number; readonly entry: number }[],
    since: number | undefined,
  ): DecisionProofs;
  /** The walk through the heads tree to these keys, packed (heads-walk.ts). */
  walk(keys: Uint8Array): Uint8Array;
  /** The leaf hashes at these indices, 32 bytes each. */
  leafHashes(indices: Float64Array): Uint8Array;
  /** The hashes beside these leaves in a subtree of the log, 32 bytes each (multiproof.ts). */
  beside(indices: Float64Array, range: Range): Uint8Array;
  /** That the log of `to` events is that of `from` events, gone on. */
  growth(from: number, to: number): string[];
}

export type EvidenceCall = {
  readonly [Name in keyof EvidenceCalls]: {
    readonly id: number;
    readonly name: Name;
    readonly args: Parameters<EvidenceCalls[Name]>;
  };
}[keyof EvidenceCalls];

export interface EvidenceReply {
  readonly id: number;
  readonly value?: unknown;
  /** Why it failed: an error's message of our own, which names no more than indexes and types. */
  readonly failed?: string;
}

export const evidenceCalls = (
  model: EvidenceModel,
  log: EvidenceLog,
  entriesOf: EntriesOf,
): EvidenceCalls => {
  const prover = new Prover(model, log, entriesOf);
  const state = (): StateText | undefined => {
    const found = model.state();
    return (
      found && {
        ...found,
        root: found.root.toString('hex'),
        heads: found.heads.toString('hex'),
        checkpoints: model.heads.get(headKey(checkpointStream))?.count ?? 0,
      }
    );
  };
  const proofs = (name: string, since: number | undefined): Proofs => ({
    size: model.size,
    head: prover.head(name),
    ...(since !== undefined && { consistency: prover.consistency(since) }),
  });
  return {
    state,
    advance(size) {
      model.advance(size);
      return state();
    },
    events: (stream, from, limit, since) => ({
      ...proofs(stream, since),
      events: prover.events(stream, from, limit),
    }),
    decisions: (subject, entries, since) => ({
      ...proofs(decisionsOf(subject), since),
      decisions: entries
        .filter(({ index }) => index <= model.size)
        .map(({ index, entry }) => prover.decision(index, entry)),
    }),
    walk(keys) {
      const walk = new PackedWalk();
      model.heads.walk(Buffer.from(keys), (step) => walk.add(step));
      return walk.bytes();
    },
    leafHashes: (indices) => joined(Array.from(indices, (index) => model.tiles.node(0, index))),
    beside: (indices, range) => joined(besideLeaves(indices, range, model.tiles.node)),
    growth: (from, to) => consistencyProof(from, to, model.tiles.node).map((hash) => hash.toString('hex')),
  };
};

/** In memory of its own, so that no more of it is sent than these. */
const joined = (hashes: readonly Hash[]): Uint8Array => new Uint8Array(Buffer.concat(hashes));

/** Answers calls that come in by `port` until it is told to close. */
export const serveEvidence = (port: MessagePort, calls: EvidenceCalls, close: () => void): void => {
  const answer = ({ id, name, args }: EvidenceCall): EvidenceReply => {
    try {
      return { id, value: (calls[name] as (...args: unknown[]) => unknown)(...args) };
    } catch (error) {
      return { id, failed: error instanceof Error ? error.message : 'failed' };
    }
  };
  port.on('message', (message: EvidenceCall | 'close') => {
    if (message !== 'close') return port.postMessage(answer(message));
    close();
    port.close();
  });
};
