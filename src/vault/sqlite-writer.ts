import { parentPort, workerData } from 'node:worker_threads';
import type { EpochFence, VaultEntry } from './port.ts';
import { openVaultFile } from './sqlite-schema.ts';

/** The thread that writes the vault, so that no answer waits for its fsync. What waits shares one transaction. */
export type VaultWrite =
  | { readonly kind: 'admit'; readonly identifier: Uint8Array; readonly entry: VaultEntry }
  | { readonly kind: 'destroy'; readonly subject: string }
  | { readonly kind: 'suppress'; readonly subject: string }
  | { readonly kind: 'rewrap'; readonly entries: readonly VaultEntry[]; readonly fromEpoch: number }
  | { readonly kind: 'advance'; readonly from: number | undefined; readonly to: EpochFence };

export interface VaultRequest {
  readonly ticket: number;
  readonly write: VaultWrite;
}

/** What a write came to: what stands, how many rows it changed, or that the fence stands at another epoch. */
export type VaultWritten = VaultEntry | EpochFence | number | 'epoch-passed';

/** A write's answer; or why nothing of its batch is certain. */
export type VaultReply = { readonly ticket: number } & (
  | { readonly value: VaultWritten }
  | { readonly failed: string }
);

const port = parentPort!;
const database = openVaultFile(workerData.file);
const find = database.prepare<[Uint8Array], VaultEntry>(
  'SELECT subject, epoch, wrapped FROM identifier JOIN subject USING (subject) WHERE hash = ?',
);
const addSubject = database.prepare('INSERT INTO subject (subject, epoch, wrapped) VALUES (?, ?, ?)');
const addIdentifier = database.prepare('INSERT INTO identifier (hash, subject) VALUES (?, ?)');
const rewrap = database.prepare('UPDATE subject SET epoch = ?, wrapped = ? WHERE subject = ? AND epoch = ?');
const dropIdentifiers = database.prepare('DELETE FROM identifier WHERE subject = ?');
const dropSubject = database.prepare('DELETE FROM subject WHERE subject = ?');
const suppress = database.prepare(
  'INSERT OR IGNORE INTO suppressed SELECT hash FROM identifier WHERE subject = ?',
);
const findFence = database.prepare<[], EpochFence>('SELECT epoch, key_check AS "check" FROM fence');
const setFence = database.prepare('INSERT OR IGNORE INTO fence VALUES (1, ?, ?)');
const moveFence = database.prepare('UPDATE fence SET epoch = ?, key_check = ? WHERE epoch = ?');

const admit = (identifier: Uint8Array, entry: VaultEntry): VaultWritten => {
  const standing = find.get(identifier);
  if (standing !== undefined) return standing;
  const { subject, epoch, wrapped } = entry;
  if (findFence.get()?.epoch !== epoch) return 'epoch-passed';
  addSubject.run(subject, epoch, wrapped);
  addIdentifier.run(identifier, subject);
  return entry;
};

const destroy = (subject: string): number => {
  dropIdentifiers.run(subject);
  return dropSubject.run(subject).changes;
};

const rewrapAll = (entries: readonly VaultEntry[], fromEpoch: number): VaultWritten => {
  const fence = findFence.get()?.epoch;
  if (entries.some(({ epoch }) => epoch !== fence)) return 'epoch-passed';
  return entries
    .map(({ epoch, wrapped, subject }) => rewrap.run(epoch, wrapped, subject, fromEpoch).changes)
    .reduce((sum, changes) => sum + changes, 0);
};

const advance = (from: number | undefined, { epoch, check }: EpochFence): VaultWritten => {
  if (from === undefined) setFence.run(epoch, check);
  else moveFence.run(epoch, check, from);
  return findFence.get() ?? 'epoch-passed';
};

const perform = (write: VaultWrite): VaultWritten => {
  if (write.kind === 'admit') return admit(write.identifier, write.entry);
  if (write.kind === 'destroy') return destroy(write.subject);
  if (write.kind === 'suppress') return suppress.run(write.subject).changes;
  if (write.kind === 'rewrap') return rewrapAll(write.entries, write.fromEpoch);
  return advance(write.from, write.to);
};

const performAll = database.transaction((batch: readonly VaultRequest[]): VaultReply[] =>
  batch.map(({ ticket, write }) => ({ ticket, value: perform(write) })),
);

/** Pages from before the deletion stand in the write-ahead log until it is emptied. */
const emptyLog = (): void => {
  const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (busy !== 0) throw new Error('the write-ahead log of the vault could not be emptied');
};

const replyTo = (batch: readonly VaultRequest[]): VaultReply[] => {
  try {
    const replies = performAll.immediate(batch);
    if (batch.some(({ write }) => write.kind === 'destroy')) emptyLog();
    return replies;
  } catch (error) {
    const failed = error instanceof Error ? error.message : 'the vault could not be written';
    return batch.map(({ ticket }) => ({ ticket, failed }));
  }
};

let waiting: VaultRequest[] = [];

port.on('message', (request: VaultRequest | 'close') => {
  if (request === 'close') {
    setImmediate(() => {
      database.close();
      port.close();
    });
    return;
  }
  if (waiting.push(request) > 1) return;
  setImmediate(() => {
    const batch = waiting;
    waiting = [];
    port.postMessage(replyTo(batch));
  });
});
