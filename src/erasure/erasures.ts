import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Identifier } from '../../schemas/coding.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { carryOut, revisionRefusal } from '../record/command.ts';
import { EnvelopeBroken } from '../record/envelope.ts';
import { erasurePrefix, erasureStream, erasureSystem } from '../record/streams.ts';
import { Turns } from '../record/turns.ts';
import { UnknownEvent } from '../record/upcast.ts';
import type { CommandContext, Written } from '../record/written.ts';
import type { EventStore, LocalLog } from '../store/port.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';
import type { Decided } from './decide.ts';
import { type Erasure, noErasure } from './erasure.ts';
import { foldErasure } from './fold.ts';

export interface ErasuresParts {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: LocalLog;
  readonly keyring: Pick<Keyring, 'find' | 'admit' | 'keyOf' | 'forget'>;
  readonly uuid: () => string;
}

/** A request and whose it is. */
export interface Found {
  readonly erasureId: string;
  readonly tenant: string;
  readonly erasure: Erasure;
}

/** Requests, oldest first; of those that cannot be read, the ids. */
export interface FoundErasures {
  readonly found: readonly Found[];
  readonly unreadable: readonly string[];
}

/** Requests that are looked at before others have their turn: reading them is work of the thread that answers. */
const perTurn = 100;

export type DecideErasure = (erasure: Erasure, now: Millis) => Decided;

/**
 * The requests for erasure: a stream each, `erasures-<erasureId>`, sealed under a key of its own, whose subject in the
 * vault is the erasureId. They are few, and are kept folded in memory as far as they were read.
 */
export class Erasures {
  readonly #parts: ErasuresParts;
  readonly #folded = new Map<string, Erasure>();
  readonly #tenants = new Map<string, string>();
  readonly #turns = new Turns();

  constructor(parts: ErasuresParts) {
    this.#parts = parts;
  }

  /**
   * Opens a request; a retry of the same request (`context.requestId`) finds the one that it opened.
   * Failures: those of `decide` and of `carryOut` (record/command.ts).
   */
  async open(
    tenant: string,
    decide: DecideErasure,
    context: CommandContext,
  ): Promise<Result<Written & { readonly erasureId: string }>> {
    const identifier: Identifier = { system: erasureSystem, value: context.requestId ?? this.#parts.uuid() };
    const key = await this.#admitted(tenant, identifier, decide, context);
    if (!key.ok) return key;
    const written = await this.#carryOut(tenant, key.value, decide, context);
    return written.ok ? ok({ ...written.value, erasureId: key.value.subject }) : written;
  }

  /** Carries out a command on a request. Failures: `erasure-unknown`, and as in `open`. */
  async execute(
    tenant: string,
    erasureId: string,
    decide: DecideErasure,
    context: CommandContext,
  ): Promise<Result<Written>> {
    const key = await this.#keyOf(tenant, erasureId);
    return key.ok ? this.#carryOut(tenant, key.value, decide, context) : key;
  }

  /** A request as the log has it. Failures: `erasure-unknown`, `record-unreadable`. */
  async find(tenant: string, erasureId: string): Promise<Result<Erasure>> {
    const key = await this.#keyOf(tenant, erasureId);
    return key.ok ? this.#read(key.value) : key;
  }

  /** Every request whose key is there. */
  all(): Promise<FoundErasures> {
    return this.#those(() => true);
  }

  /** The requests of a tenant whose key is there; those of others are not looked into. */
  of(tenant: string): Promise<FoundErasures> {
    return this.#those((one) => one === tenant);
  }

  /** To be called when the key of a request was destroyed: nothing of it stays in memory. */
  forget(erasureId: string): void {
    this.#parts.keyring.forget(erasureId);
    this.#folded.delete(erasureId);
  }

  /** The key of a request; a new one is made only where it may be opened: what is refused leaves nothing in the vault. */
  async #admitted(
    tenant: string,
    identifier: Identifier,
    decide: DecideErasure,
    context: CommandContext,
  ): Promise<Result<SubjectKey>> {
    const { keyring, log } = this.#parts;
    const known = await keyring.find(tenant, identifier);
    if (known !== undefined) return ok(known);
    const decided = revisionRefusal(noErasure, context) ?? decide(noErasure, log.settledNow(undefined));
    return decided.ok ? ok(await keyring.admit(tenant, identifier)) : decided;
  }

  #carryOut(
    tenant: string,
    key: SubjectKey,
    decide: DecideErasure,
    context: CommandContext,
  ): Promise<Result<Written>> {
    const { store, log, uuid } = this.#parts;
    const read = async () => {
      const record = await this.#read(key);
      if (!record.ok) return record;
      const { revision, recordedAt } = record.value;
      return ok({ record: record.value, now: log.settledNow(revision < 0 ? undefined : recordedAt) });
    };
    const target = { tenant, stream: erasureStream(key.subject), key, read };
    return this.#turns.take(key.subject, () =>
      carryOut({ store, log, uuid, definitions: eventDefinitions }, target, decide, context),
    );
  }

  async #those(isMeant: (tenant: string) => boolean): Promise<FoundErasures> {
    const found: Found[] = [];
    const unreadable: string[] = [];
    for (const [at, stream] of this.#parts.log.streamsNamed(erasurePrefix).entries()) {
      if (at % perTurn === perTurn - 1) await nextTurn();
      const erasureId = stream.slice(erasurePrefix.length);
      const tenant = this.#tenantOf(erasureId);
      if (tenant === undefined || !isMeant(tenant)) continue;
      const key = await this.#keyOf(tenant, erasureId);
      if (!key.ok) continue;
      const erasure = await this.#read(key.value);
      if (erasure.ok) found.push({ erasureId, tenant, erasure: erasure.value });
      else unreadable.push(erasureId);
    }
    return { found, unreadable };
  }

  /** As its first event says; it never changes. */
  #tenantOf(erasureId: string): string | undefined {
    const known = this.#tenants.get(erasureId);
    if (known !== undefined) return known;
    const [first] = this.#parts.log.streamSlice(erasureStream(erasureId), 0, 1);
    if (first) this.#tenants.set(erasureId, first.metadata.tenant);
    return first?.metadata.tenant;
  }

  async #keyOf(tenant: string, erasureId: string): Promise<Result<SubjectKey>> {
    if (this.#tenantOf(erasureId) !== tenant) return unknownErasure;
    const key = await this.#parts.keyring.keyOf(erasureId);
    if (key !== undefined) return ok({ subject: erasureId, key });
    this.#folded.delete(erasureId); // Another node destroyed it.
    return unknownErasure;
  }

  /** What was recorded up to now: what is remembered, and the events after it. */
  async #read(key: SubjectKey): Promise<Result<Erasure>> {
    const { log } = this.#parts;
    await log.pending(erasureStream(key.subject));
    try {
      const erasure = foldErasure(log, key, this.#folded.get(key.subject));
      if (erasure.revision >= 0) this.#folded.set(key.subject, erasure);
      return ok(erasure);
    } catch (error) {
      if (error instanceof EnvelopeBroken || error instanceof UnknownEvent)
        return fail('record-unreadable', error.message);
      throw error;
    }
  }
}

const unknownErasure = fail('erasure-unknown', 'there is no such request, or it was forgotten');
