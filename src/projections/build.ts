import { rmSync } from 'node:fs';
import { replayStream } from '../record/loading.ts';
import { unreadable } from '../record/reader.ts';
import { sealRow } from '../record/row.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { ConsentFiller, consentsIndex, rowsOfSubject } from './consents-index.ts';
import { currentConsent, RowWriter, rowIsDue } from './current-consent.ts';
import { disclosuresIndex, disclosureTypes, writeDisclosures } from './disclosures-index.ts';
import { ModelFile, type ModelKind, modelPath } from './model-file.ts';
import { batchSize, mustKnow } from './runner.ts';
import { readable, type ThreadParts } from './subjects.ts';
import type { BuildProgress, FinishJob, ShardJob } from './thread-messages.ts';

/**
 * Streams that are read and written before progress is told, and before what will stay is flushed: many megabytes
 * that went to the disk at once, at the end, would have the log wait, and with it every answer.
 */
const chunkStreams = 256;
/** The models whose rows of a subject follow from its record alone: these are built by shards. */
const sharded: readonly { readonly kind: ModelKind; readonly tables: readonly string[] }[] = [
  { kind: currentConsent, tables: ['row', 'archive'] },
  { kind: consentsIndex, tables: ['consent', 'ended'] },
];

/** The first shard writes where the finished model will be; the others are then copied into it. */
const shardPath = (folder: string, kind: ModelKind, shard: number): string =>
  shard === 0 ? modelPath(folder, kind) : `${modelPath(folder, kind)}.shard${shard}`;

/**
 * Builds a share of the rows: reads the log stream by stream, not in log order, so that each record is folded once
 * and each row written once.
 */
export const buildShard = async (
  parts: ThreadParts,
  { folder, shard, shards }: Omit<ShardJob, 'kind'>,
  onProgress: (progress: BuildProgress) => void,
): Promise<void> => {
  const current = new ModelFile(shardPath(folder, currentConsent, shard), currentConsent, 'building');
  const index = new ModelFile(shardPath(folder, consentsIndex, shard), consentsIndex, 'building');
  const rows = new RowWriter(current.db);
  const consents = new ConsentFiller(index.db);
  const { log, keyring } = parts;
  const total = log.streamCount();
  const progress = { subjects: 0, events: 0, share: 0 };
  // One transaction: nobody else reads the file yet, and a page that is written again and again is written once.
  for (const { db } of [current, index]) db.exec('BEGIN');
  for (let chunk = shard; ; chunk += shards) {
    const streams = log.streams(chunk * chunkStreams, chunkStreams);
    if (streams.length === 0) break;
    for (const { stream } of streams) {
      const subject = subjectOfPatientStream(stream);
      const key = subject && (await keyring.keyOf(subject));
      const replayed = key && replay(parts, { subject, key });
      if (!replayed || replayed.record.erased) continue;
      const { record, tenant } = replayed;
      if (rowIsDue(-1, record.revision)) rows.put(subject, sealRow(record, tenant, { subject, key }));
      consents.add(rowsOfSubject(record, subject, tenant));
      progress.subjects += 1;
      progress.events += record.revision + 1;
    }
    if (shard === 0) for (const model of [current, index]) model.flush();
    progress.share = Math.min(1, streams.at(-1)!.number / total);
    onProgress(progress);
  }
  for (const { db } of [current, index]) {
    db.exec('COMMIT');
    db.close();
  }
};

/** Throws Unreadable. */
const replay = (parts: ThreadParts, key: SubjectKey): ReturnType<typeof replayStream> => {
  try {
    return replayStream(parts, key);
  } catch (error) {
    return readable(unreadable(error));
  }
};

/** Makes finished models, counting all up to log index `head`: of the shards' parts, or, as needs no key, of the log. */
export const finishBuild = (
  parts: ThreadParts,
  { folder, shards, head, models }: Omit<FinishJob, 'kind'>,
): void => {
  for (const { kind, tables } of sharded) {
    if (!models.includes(kind.name)) continue;
    const model = new ModelFile(modelPath(folder, kind), kind, 'building');
    for (let shard = 1; shard < shards; shard += 1) {
      const part = shardPath(folder, kind, shard);
      model.addAll(part, tables);
      rmSync(part);
    }
    for (const index of kind.indexes ?? []) {
      model.db.exec(index);
      model.flush();
    }
    model.commit(0, head, () => {});
    close(model);
  }
  if (models.includes(disclosuresIndex.name)) buildDisclosures(parts, folder, head);
};

/** In log order, of the events alone that it is made of; of the others no more is read than their type and version. */
const buildDisclosures = ({ log, definitions }: ThreadParts, folder: string, head: number): void => {
  const model = new ModelFile(modelPath(folder, disclosuresIndex), disclosuresIndex, 'building');
  for (let from = 0; from < head; from += batchSize) {
    const to = Math.min(from + batchSize, head);
    for (const { type, schemaVersion } of log.versions(from, to)) mustKnow(definitions, type, schemaVersion);
    const events = log.ofTypes(disclosureTypes, from, to);
    model.commit(from, to, writeDisclosures(model, definitions, events));
    model.flush();
  }
  close(model);
};

/** The name that the folder gets next promises that its files are whole, also after a power cut. */
const close = (model: ModelFile): void => {
  model.close();
  model.flush();
};
