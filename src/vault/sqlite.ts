import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { type EpochFence, EpochPassed, type Vault, type VaultEntry, VaultUnavailable } from './port.ts';
import { openVaultFile } from './sqlite-schema.ts';
import type { VaultReply, VaultRequest, VaultWrite, VaultWritten } from './sqlite-writer.ts';

/** Where the vault of a data folder is. */
export const vaultFile = (dataFolder: string): string => join(dataFolder, 'vault', 'vault.db');

/**
 * The vault in one SQLite file of its own (0600, in a folder of 0700), for one machine. It reads on this thread and
 * writes on one of its own, which starts with the first write.
 */
export const openSqliteVault = ({ file }: { readonly file: string }): Vault => {
  const database = openVaultFile(file);
  const statements = prepare(database);
  const writer = new Writer(file);
  const read = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw new VaultUnavailable('the vault cannot be read', { cause: error });
    }
  };
  return {
    find: (identifier) => read(() => statements.find.get(identifier)),
    get: (subject) => read(() => statements.get.get(subject)),
    admit: async (identifier, entry) =>
      (await writer.write({ kind: 'admit', identifier, entry })) as VaultEntry,
    page: (after, limit) => read(() => statements.page.all(after ?? '', limit)),
    destroy: async (subject) => (await writer.write({ kind: 'destroy', subject })) === 1,
    suppress: async (subject) => {
      await writer.write({ kind: 'suppress', subject });
    },
    isSuppressed: (identifier) => read(() => statements.suppressed.get(identifier) !== undefined),
    rewrap: async (entries, fromEpoch) =>
      (await writer.write({ kind: 'rewrap', entries, fromEpoch })) as number,
    epochs: () => read(() => new Map(statements.epochs.all().map((row) => [row.epoch, row.entries]))),
    fence: () => read(() => statements.fence.get()),
    advance: async (from, to) => (await writer.write({ kind: 'advance', from, to })) as EpochFence,
    close: async () => {
      await writer.close();
      database.close();
    },
  };
};

const prepare = (database: Database.Database) => ({
  find: database.prepare<[Buffer], VaultEntry>(
    'SELECT subject, epoch, wrapped FROM identifier JOIN subject USING (subject) WHERE hash = ?',
  ),
  get: database.prepare<[string], VaultEntry>(
    'SELECT subject, epoch, wrapped FROM subject WHERE subject = ?',
  ),
  suppressed: database.prepare<[Buffer]>('SELECT 1 FROM suppressed WHERE hash = ?'),
  page: database.prepare<[string, number], VaultEntry>(
    'SELECT subject, epoch, wrapped FROM subject WHERE subject > ? ORDER BY subject LIMIT ?',
  ),
  epochs: database.prepare<[], { epoch: number; entries: number }>(
    'SELECT epoch, count(*) AS entries FROM subject GROUP BY epoch',
  ),
  fence: database.prepare<[], EpochFence>('SELECT epoch, key_check AS "check" FROM fence'),
});

interface Waiting {
  resolve(value: VaultWritten): void;
  reject(error: VaultUnavailable): void;
}

/** This thread's end of the writer; a writer that dies fails what it held and is replaced by the next write. */
class Writer {
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #closed = false;
  #ticket = 0;

  constructor(file: string) {
    this.#file = file;
  }

  write(write: VaultWrite): Promise<VaultWritten> {
    if (this.#closed) return Promise.reject(new VaultUnavailable('the vault is closed'));
    this.#worker ??= this.#start();
    const ticket = ++this.#ticket;
    const request: VaultRequest = { ticket, write };
    const { promise, resolve, reject } = Promise.withResolvers<VaultWritten>();
    this.#waiting.set(ticket, { resolve, reject });
    this.#worker.postMessage(request);
    return promise;
  }

  /** After all that was asked for is written. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await exited;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sqlite-writer.ts', import.meta.url), {
      workerData: { file: this.#file },
    });
    worker.on('message', (replies: readonly VaultReply[]) => {
      for (const reply of replies) this.#settle(reply);
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the writer of the vault ended')));
    return worker;
  }

  #settle(reply: VaultReply): void {
    const waiting = this.#waiting.get(reply.ticket);
    this.#waiting.delete(reply.ticket);
    if ('failed' in reply) waiting?.reject(new VaultUnavailable(reply.failed));
    else if (reply.value === 'epoch-passed') waiting?.reject(new EpochPassed());
    else waiting?.resolve(asBuffers(reply.value));
  }

  #fail(worker: Worker, cause: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values())
      reject(new VaultUnavailable('the vault cannot be written', { cause }));
    this.#waiting.clear();
  }
}

/** Bytes that crossed a thread arrive as a plain Uint8Array. */
const asBuffers = (value: VaultEntry | EpochFence | number): VaultWritten => {
  if (typeof value === 'number') return value;
  return 'check' in value
    ? { ...value, check: Buffer.from(value.check) }
    : { ...value, wrapped: Buffer.from(value.wrapped) };
};
