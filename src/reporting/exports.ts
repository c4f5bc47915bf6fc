import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Agent } from '../../schemas/events/define.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { cursorOf, placeOf } from '../projections/cursor.ts';
import { exportSystem } from '../record/streams.ts';
import { Turns } from '../record/turns.ts';
import { heardWithin, type LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { LruCache } from '../vault/lru.ts';
import { type ErasedPatient, erasedOf } from './erased.ts';
import { ExportFile } from './export-file.ts';
import type { ExportIndex, ExportStatus, IndexedExport } from './export-index.ts';
import type {
  AskedExport,
  ExportBytes,
  ExportContext,
  ExportPage,
  ExportSearch,
  Exports,
  ExportView,
} from './port.ts';
import { type Queue, troubleOf } from './queue.ts';
import { aboutOf, checkedAsk } from './request.ts';
import { writeCohort } from './run.ts';
import type { Part } from './sealed-chunk.ts';
import { readRequest, sealRequest } from './sealed-request.ts';
import type { Shelf } from './shelf.ts';

export interface ExportsParts {
  readonly index: ExportIndex;
  readonly shelf: Shelf;
  readonly queue: Queue;
  readonly keyring: Pick<Keyring, 'admit' | 'keyOf'>;
  readonly log: Pick<LocalLog, 'erasures' | 'slice' | 'head' | 'staleness'>;
  /** How far behind the truth the log may be for a document to be given out. */
  readonly maxStalenessMs: Millis;
  readonly clock: () => Millis;
  readonly uuid: () => string;
  /** Told where exports that are over could not be destroyed yet, by the code of the reason. */
  readonly onTrouble: (code: string) => void;
}

/** An erasure asks how many there were after the log has told of it, and most are gone by then. */
const rememberedRemovals = 1_000;
/** Between two views of an export that is watched. */
const watchMs = 250;
const numberPlace = z.tuple([z.int()]);
const notFound = fail('not-found', 'there is no such export');
const notReady = fail('export-not-ready', 'the document is still being made');
const gone = fail('export-gone', 'there is no document: the export failed, was cancelled, or was destroyed');
const noErasure = fail('erasure-unknown', 'nobody was erased on this request', '/cohort/erasureId');
const isOn =
  (asked: string) =>
  ({ erasureId }: ErasedPatient) =>
    erasureId === asked;
const over: readonly ExportStatus[] = ['finished', 'failed', 'cancelled', 'expired', 'removed'];

/** The exports of a data folder; `openLedgerExports` (src/ledger-exports.ts) puts them together. */
export class LedgerExports implements Exports {
  readonly #parts: ExportsParts;
  readonly #turns = new Turns();
  /** How many exports each of the last who were erased was taken out of. */
  readonly #removed = new LruCache<number>(rememberedRemovals);
  #timer: NodeJS.Timeout | undefined;
  #tidying: Promise<void> = Promise.resolve();
  #closed = false;
  #released = false;

  constructor(parts: ExportsParts) {
    this.#parts = parts;
  }

  async ask(tenant: string, agent: Agent, asked: AskedExport, context: ExportContext = {}) {
    const checked = checkedAsk(asked);
    if (!checked.ok) return checked;
    const { index, keyring, shelf, queue, log, clock, uuid } = this.#parts;
    const id = context.requestId ?? uuid();
    return this.#turns.take(id, async () => {
      const before = index.get(id);
      if (before !== undefined) return this.#askedBefore(before, context);
      const { cohort } = checked.value;
      if (cohort.by === 'erasure' && !erasedOf(log, tenant).some(isOn(cohort.erasureId))) return noErasure;
      const { subject, key } = await keyring.admit(tenant, { system: exportSystem, value: id });
      const about = aboutOf(checked.value, id, tenant, agent, clock());
      const request = sealRequest(key, {
        about,
        ...(context.requestHash && { requestHash: context.requestHash }),
      });
      // From here to the index without a pause: what stands on the shelf and not in the index is cleared away.
      const file = new ExportFile(shelf.path(id), { exportId: id, key });
      writeCohort(file, cohort.by === 'identifiers' ? cohort.identifiers : []);
      file.close();
      const { kind, language } = about;
      index.add({ id, tenant, kind, language, keyId: subject, createdAt: clock(), request });
      queue.wake();
      return ok({ view: await this.#view(index.get(id)!), replayed: false });
    });
  }

  async get(tenant: string, exportId: string): Promise<Result<ExportView>> {
    const one = this.#find(tenant, exportId);
    return one === undefined ? notFound : ok(await this.#view(one));
  }

  async list(tenant: string, { kinds, limit, cursor }: ExportSearch): Promise<Result<ExportPage>> {
    const place = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : placeOf(cursor, numberPlace);
    if (place === undefined)
      return fail('invalid-request', 'This cursor was not given by this search', '/cursor');
    const found = this.#parts.index.page(tenant, kinds, place[0]!, limit + 1);
    const shown = found.slice(0, limit);
    const items = await Promise.all(shown.map((one) => this.#view(one)));
    const last = shown.at(-1);
    return ok(found.length > limit && last ? { items, next: cursorOf([last.number]) } : { items });
  }

  async *watch(tenant: string, exportId: string): AsyncGenerator<ExportView> {
    for (;;) {
      const changed = this.#parts.queue.changed(exportId);
      const one = this.#find(tenant, exportId);
      if (one === undefined) return;
      yield await this.#view(one);
      if (over.includes(one.status) || this.#released) return;
      await Promise.all([changed, pause(watchMs)]);
    }
  }

  async cancel(tenant: string, exportId: string): Promise<Result<ExportView>> {
    const one = this.#find(tenant, exportId);
    if (one === undefined) return notFound;
    if (over.includes(one.status))
      return fail('export-over', 'the export is over, so it cannot be cancelled');
    await this.#parts.queue.end(one, 'cancelled');
    return ok(await this.#view(this.#parts.index.get(exportId)!));
  }

  async document(tenant: string, exportId: string) {
    const read = await this.#offered(tenant, exportId, 'document');
    return read.ok ? ok({ bytes: read.value.one.bytes!, chunks: read.value.chunks }) : read;
  }

  async package(tenant: string, exportId: string) {
    const read = await this.#offered(tenant, exportId, 'package');
    return read.ok ? ok({ chunks: read.value.chunks }) : read;
  }

  removeExportsOf(subject: string): Promise<number> {
    const { shelf, queue } = this.#parts;
    return this.#turns.take(subject, async () => {
      for (const one of shelf.holding(subject)) {
        await queue.end(one, 'removed');
        this.#removed.set(subject, (this.#removed.get(subject) ?? 0) + 1);
      }
      return this.#removed.get(subject) ?? 0;
    });
  }

  /** Destroys what is over, now and every `everyMs`, and goes on with what was under way. */
  async start(everyMs: number): Promise<void> {
    await this.#clean();
    this.#timer = setInterval(() => {
      void this.#clean();
    }, everyMs).unref();
    this.#parts.queue.wake();
  }

  /** As `removeExportsOf`, heard of in the log: nobody waits for it, and what fails is done by the next cleaning. */
  erased(subject: string): void {
    void this.#orTrouble(() => this.removeExportsOf(subject));
  }

  release(): void {
    this.#released = true;
    this.#parts.queue.tellAll();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    await this.#parts.queue.close();
    await this.#tidying;
    this.#parts.index.close();
  }

  /** Destroys what is over: documents whose time it is, and of whom somebody was erased while this was not open. */
  #clean(): Promise<void> {
    const { index, shelf, queue, log, clock } = this.#parts;
    return this.#orTrouble(async () => {
      for (const one of index.those('finished')) {
        if ((one.expiresAt ?? 0) <= clock()) await queue.end(one, 'expired');
        else if (shelf.holdsErased(one, log)) await queue.end(one, 'removed');
      }
      await shelf.clean();
    });
  }

  /** One after the other, and none once it is closed. */
  #orTrouble(work: () => Promise<unknown>): Promise<void> {
    this.#tidying = this.#tidying.then(async () => {
      try {
        if (!this.#closed) await work();
      } catch (error) {
        this.#parts.onTrouble(troubleOf(error));
      }
    });
    return this.#tidying;
  }

  #find(tenant: string, exportId: string): IndexedExport | undefined {
    const one = this.#parts.index.get(exportId);
    return one?.tenant === tenant ? one : undefined;
  }

  async #askedBefore(one: IndexedExport, { requestHash }: ExportContext) {
    const request = await readRequest(this.#parts.keyring, one);
    if (request !== undefined && request.requestHash !== requestHash)
      return fail('idempotency-key-reused', 'this Idempotency-Key was used with another body');
    return ok({ view: await this.#view(one), replayed: true });
  }

  async #view(one: IndexedExport): Promise<ExportView> {
    const request = await readRequest(this.#parts.keyring, one);
    const { finishedAt, expiresAt, sha256, bytes, checkpointSize } = one;
    return {
      exportId: one.id,
      kind: one.kind,
      language: one.language,
      createdAt: one.createdAt,
      ...(request && { about: request.about }),
      status: one.status,
      ...(one.failure !== null && { failure: one.failure }),
      progress: this.#parts.queue.progressOf(one),
      ...(finishedAt !== null && { finishedAt }),
      ...(expiresAt !== null && { expiresAt }),
      ...(sha256 !== null &&
        bytes !== null &&
        checkpointSize !== null && { document: { sha256, bytes, checkpointSize } }),
    };
  }

  /** A part of an export that is finished, and of which nobody was erased since, as far as has been heard lately. */
  async #offered(tenant: string, exportId: string, part: Part) {
    const { shelf, queue, log, keyring, maxStalenessMs } = this.#parts;
    const one = this.#find(tenant, exportId);
    if (one === undefined) return notFound;
    if (one.status !== 'finished') return over.includes(one.status) ? gone : notReady;
    const heard = heardWithin(log, maxStalenessMs);
    if (!heard.ok) return heard;
    if (shelf.holdsErased(one, log)) {
      await queue.end(one, 'removed');
      return gone;
    }
    const key = await keyring.keyOf(one.keyId);
    return key === undefined || !shelf.has(exportId) ? gone : ok({ one, chunks: this.#chunks(one, part) });
  }

  /** Chunk after chunk, as long as the log says that each may still be given out: whoever downloads may be slow. */
  async *#chunks(one: IndexedExport, part: Part): ExportBytes {
    const { shelf, index, log, maxStalenessMs } = this.#parts;
    const file = await shelf.open(one);
    if (file === undefined) throw new Error('the export was destroyed');
    try {
      let heardTo = one.checkpointSize;
      for (const chunk of file.readAll(part)) {
        const head = log.head();
        const isErased = shelf.holdsErased({ id: one.id, checkpointSize: heardTo }, log);
        if (isErased || index.get(one.id)?.status !== 'finished') throw new Error('the export was destroyed');
        if (!heardWithin(log, maxStalenessMs).ok) throw new Error('this node is behind the store');
        heardTo = head;
        yield chunk;
      }
    } finally {
      file.close();
    }
  }
}
