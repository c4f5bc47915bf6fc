import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { Turns } from '../record/turns.ts';
import { type LocalLog, noStream } from '../store/port.ts';
import { type Checkpoint, checkpointText } from './checkpoint.ts';
import { CheckpointLog, type CheckpointLogParts, type SignedCheckpoint } from './checkpoint-log.ts';
import type { EvidenceThread } from './client.ts';
import type { Evidence, Under } from './port.ts';
import { signJws, signReceipt } from './receipt.ts';
import { type NoteSigner, signNote, verifierKey } from './signed-note.ts';
import type { DecisionProofs, EventProofs, StateText } from './thread.ts';

export interface EvidenceParts extends CheckpointLogParts {
  readonly log: Pick<LocalLog, 'slice' | 'streamSlice' | 'head'>;
  readonly thread: Pick<EvidenceThread, 'call'>;
  /** Which ledger: a schema-less URL, the same for good. */
  readonly origin: string;
  /** Who signs, the newest last; at least one. */
  readonly signers: readonly NoteSigner[];
}

const maxAttempts = 6;
const firstPauseMs = 20;
const turn = 'evidence';

/**
 * Opens the evidence of a log. The thread's model stands at the latest checkpoint and goes on to the next when that
 * is signed; so calls take turns, and what is proven is proven under the checkpoint that is latest then.
 */
export const openEvidence = (parts: EvidenceParts): Evidence => new LedgerEvidence(parts);

class LedgerEvidence implements Evidence {
  readonly verifiers: readonly string[];
  readonly #parts: EvidenceParts;
  readonly #checkpoints: CheckpointLog;
  readonly #turns = new Turns();
  /** As the thread's model stands; absent before it was first asked, and where it holds no event. */
  #state: StateText | undefined;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
    this.#checkpoints = new CheckpointLog(parts);
    this.verifiers = parts.signers.map(({ name, privateKey }) => verifierKey(name, privateKey));
  }

  latest(): Promise<Result<SignedCheckpoint>> {
    return this.#turns.take(turn, async () => {
      const latest = await this.#followed();
      return latest.ok && latest.value === undefined ? nothingSigned : (latest as Result<SignedCheckpoint>);
    });
  }

  checkpoint(): Promise<Result<SignedCheckpoint>> {
    return this.#turns.take(turn, () => this.#sign());
  }

  atNew<T>(work: (checkpoint: SignedCheckpoint) => Promise<T>): Promise<Result<T>> {
    return this.#turns.take(turn, async () => {
      const signed = await this.#sign();
      return signed.ok ? ok(await work(signed.value)) : signed;
    });
  }

  proveEvents(
    stream: string,
    { from, limit, since }: { from: number; limit: number; since?: number | undefined },
  ): Promise<Result<Under<EventProofs>>> {
    const { thread } = this.#parts;
    return this.#proven(since, () => thread.call('events', stream, from, limit, since));
  }

  proveDecisions(
    subject: string,
    entries: readonly { readonly index: number; readonly entry: number }[],
    since?: number,
  ): Promise<Result<Under<DecisionProofs>>> {
    const { thread } = this.#parts;
    return this.#proven(since, () => thread.call('decisions', subject, entries, since));
  }

  certify(type: string, statement: object): string {
    return signJws(type, statement, this.#parts.signers.at(-1)!);
  }

  async receipt(stream: string, revision: number): Promise<Result<{ eventId: string; receipt: string }>> {
    const { log, thread, signers } = this.#parts;
    if (log.streamSlice(stream, revision, 1).length === 0) return fail('not-found', 'There is no such event');
    const proven = await this.#proven(
      undefined,
      () => thread.call('events', stream, revision, 1, undefined),
      ({ events }) => events.length > 0,
    );
    if (!proven.ok) return proven;
    const { checkpoint, events } = proven.value;
    const event = events[0];
    if (event === undefined) return fail('not-found', 'There is no such event');
    return ok({ eventId: event.id, receipt: signReceipt(event, checkpoint.note, signers.at(-1)!) });
  }

  /** Proves under the latest checkpoint; under a new one where there is none, or where that is not `enough`. */
  #proven<Proofs extends object>(
    since: number | undefined,
    prove: () => Promise<Proofs>,
    enough: (proofs: Proofs) => boolean = () => true,
  ): Promise<Result<Under<Proofs>>> {
    return this.#turns.take(turn, async () => {
      const followed = await this.#followed();
      if (!followed.ok) return followed;
      const latest = followed.value;
      if (latest !== undefined && latest.size === this.#state?.size) {
        if (since !== undefined && since > latest.size) return beyond;
        const proofs = await prove();
        if (enough(proofs)) return ok({ ...proofs, checkpoint: latest });
      }
      const signed = await this.#sign();
      if (!signed.ok) return signed;
      if (since !== undefined && since > signed.value.size) return beyond;
      return ok({ ...(await prove()), checkpoint: signed.value });
    });
  }

  /** The latest checkpoint, once the model has taken in what it covers and comes to the same. */
  async #followed(): Promise<Result<SignedCheckpoint | undefined>> {
    const { thread } = this.#parts;
    this.#state ??= await thread.call('state');
    const latest = this.#checkpoints.latest((this.#state?.checkpoints ?? 0) - 2);
    if (latest === undefined) return ok(undefined);
    if ((this.#state?.size ?? 0) < latest.size) this.#state = await thread.call('advance', latest.size);
    return this.#state?.size === latest.size && !agree(this.#state, latest) ? diverged : ok(latest);
  }

  async #sign(): Promise<Result<SignedCheckpoint>> {
    const { log, thread, origin, signers } = this.#parts;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const followed = await this.#followed();
      if (!followed.ok) return followed;
      const latest = followed.value;
      if (latest !== undefined && latest.origin !== origin) return otherOrigin;
      const stands = latest !== undefined && latest.size === this.#state?.size;
      if (stands && !this.#checkpoints.hasNews(latest)) return ok(latest);
      if (log.head() === 0) return nothingSigned;
      this.#state = await thread.call('advance', log.head());
      const checkpoint = checkpointOf(origin, this.#state!);
      const note = signNote(checkpointText(checkpoint), signers);
      const recorded = await this.#checkpoints.record(checkpoint, note, latest?.revision ?? noStream);
      if (!recorded.ok) return recorded;
      if (recorded.value !== undefined) return ok(recorded.value);
      // Another node was first; its checkpoint may still be on its way here.
      await sleep(firstPauseMs * 2 ** attempt);
    }
    return fail('write-contention', 'Another node signs checkpoints all the time');
  }
}

const beyond = fail('invalid-request', 'The log has not been signed up to that size', '/since');
const nothingSigned = fail('not-found', 'No checkpoint has been signed yet');
const otherOrigin = fail('evidence-diverged', 'The checkpoints of this log have another origin');
const diverged = fail('evidence-diverged', 'The latest checkpoint does not follow from the log');

const checkpointOf = (origin: string, { size, root, heads, recordedAt }: StateText): Checkpoint => ({
  origin,
  size,
  root: Buffer.from(root, 'hex'),
  heads: Buffer.from(heads, 'hex'),
  recordedAt,
});

const agree = (state: StateText, { root, heads, recordedAt }: Checkpoint): boolean =>
  state.root === root.toString('hex') &&
  state.heads === heads.toString('hex') &&
  state.recordedAt === recordedAt;
