import { parentPort, workerData } from 'node:worker_threads';
import type { VaultEntry } from './port.ts';
import { openVaultFile } from './sqlite-schema.ts';

/** The thread that writes the vault, so that no answer waits for its fsync. What waits shares one transaction. */
export type VaultWrite =
  | { readonly kind: 'admit'; readonly identifier: Uint8Array; readonly entry: VaultEntry }
  | { readonly kind: 'destroy'; readonly subject: string }
  | { readonly kind: 'rewrap'; readonly entries: readonly VaultEntry[]; readonly fromEpoch: number };

export interface VaultRequest {
  readonly ticket: number;
  readonly write: VaultWrite;
}

/** A write's answer: the entry that stands, or how many rows it changed; or why nothing of its batch is certain. */
export type VaultReply = { readonly ticket: number } & (
  | { readonly value: VaultEntry | number }
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

const destroy = (subject: string): number => {
  dropIdentifiers.run(subject);
  return dropSubject.run(subject).changes;
};

const perform = (write: VaultWrite): VaultEntry | number => {
  if (write.kind === 'rewrap')
    return write.entries
      .map(({ epoch, wrapped, subject }) => rewrap.run(epoch, wrapped, subject, write.fromEpoch).changes)
      .reduce((sum, changes) => sum + changes, 0);
  if (write.kind === 'destroy') return destroy(write.subject);
  const standing = find.get(write.identifier);
  if (standing !== undefined) return standing;
  const { subject, epoch, wrapped } = write.entry;
  addSubject.run(subject, epoch, wrapped);
  addIdentifier.run(write.identifier, subject);
  return write.entry;
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
