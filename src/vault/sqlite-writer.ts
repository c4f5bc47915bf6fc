import { parentPort, workerData } from 'node:worker_threads';
import type { VaultEntry } from './port.ts';
import { openVaultFile } from './sqlite-schema.ts';

/** The thread that writes the vault, so that no answer waits for its fsync. What waits shares one transaction. */
export type VaultWrite =
  | { readonly kind: 'admit'; readonly identifier: Uint8Array; readonly entry: VaultEntry }
  | { readonly kind: 'rewrap'; readonly entries: readonly VaultEntry[]; readonly fromEpoch: number };

export interface VaultRequest {
  readonly ticket: number;
  readonly write: VaultWrite;
}

/** A write's answer: the entry that stands, or how many were rewrapped; or why nothing of its batch was written. */
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

const perform = (write: VaultWrite): VaultEntry | number => {
  if (write.kind === 'rewrap')
    return write.entries
      .map(({ epoch, wrapped, subject }) => rewrap.run(epoch, wrapped, subject, write.fromEpoch).changes)
      .reduce((sum, changes) => sum + changes, 0);
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

const replyTo = (batch: readonly VaultRequest[]): VaultReply[] => {
  try {
    return performAll.immediate(batch);
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
