import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { noRows } from '../record/rows.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import { ConsentWriter, consentsIndex, consentsOf } from './consents-index.ts';
import { currentConsent, RowWriter, rowIsDue } from './current-consent.ts';
import { disclosuresIndex, disclosuresProjection } from './disclosures-index.ts';
import { ModelFile, type ModelKind, modelPath } from './model-file.ts';
import { Runner } from './runner.ts';
import { Subjects, type ThreadParts } from './subjects.ts';
import type { BuildProgress } from './thread-messages.ts';

/** Streams that are read, and written in one transaction, before progress is told. */
const chunkStreams = 256;
/** No subject is read twice. */
const cachedConsents = 0;

/** The models whose rows of a subject follow from its record alone: these are built by shards. */
const sharded: readonly { readonly kind: ModelKind; readonly tables: readonly string[] }[] = [
  { kind: currentConsent, tables: ['row', 'archive'] },
  { kind: consentsIndex, tables: ['consent'] },
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
  { folder, shard, shards }: { readonly folder: string; readonly shard: number; readonly shards: number },
  onProgress: (progress: BuildProgress) => void,
): Promise<void> => {
  const current = new ModelFile(shardPath(folder, currentConsent, shard), currentConsent, 'building');
  const index = new ModelFile(shardPath(folder, consentsIndex, shard), consentsIndex, 'building');
  const rows = new RowWriter(current.db);
  const consents = new ConsentWriter(index.db);
  const { log } = parts;
  const subjects = new Subjects(parts, noRows, cachedConsents);
  const total = log.streamCount();
  const progress = { subjects: 0, events: 0, share: 0 };
  for (let chunk = shard; ; chunk += shards) {
    const streams = log.streams(chunk * chunkStreams, chunkStreams);
    if (streams.length === 0) break;
    const writes: (() => void)[] = [];
    for (const { stream } of streams) {
      const subject = subjectOfPatientStream(stream);
      const tenant = subject && log.streamSlice(stream, 0, 1)[0]?.metadata.tenant;
      if (subject === undefined || tenant === undefined) continue;
      const built = await subjects.built(subject, tenant);
      if (built === undefined) continue;
      const { record } = built;
      const sealed = rowIsDue(-1, record.revision) ? built.row() : undefined;
      const found = consentsOf(record, subject, tenant);
      writes.push(() => {
        if (sealed !== undefined) rows.put(subject, sealed);
        consents.put(found);
      });
      progress.subjects += 1;
      progress.events += record.revision + 1;
    }
    inOneTransaction([current, index], () => {
      for (const write of writes) write();
    });
    progress.share = Math.min(1, streams.at(-1)!.number / total);
    onProgress(progress);
  }
  current.close();
  index.close();
};

const inOneTransaction = (files: readonly ModelFile[], work: () => void): void => {
  for (const { db } of files) db.exec('BEGIN');
  work();
  for (const { db } of files) db.exec('COMMIT');
};

/** Makes the finished models of the shards, and the index of disclosures, which needs no key, in log order. */
export const finishBuild = async (
  { log, definitions }: ThreadParts,
  { folder, shards, head }: { readonly folder: string; readonly shards: number; readonly head: number },
): Promise<void> => {
  for (const { kind, tables } of sharded) {
    const model = new ModelFile(modelPath(folder, kind), kind, 'building');
    for (let shard = 1; shard < shards; shard += 1) {
      const part = shardPath(folder, kind, shard);
      model.db.prepare('ATTACH ? AS part').run(part);
      for (const table of tables) model.db.exec(`INSERT INTO main.${table} SELECT * FROM part.${table}`);
      model.db.exec('DETACH part');
      rmSync(part);
    }
    model.db.exec(kind.indexes ?? '');
    model.commit(0, head, () => {});
    model.close();
    flush(modelPath(folder, kind));
  }
  const disclosures = new ModelFile(modelPath(folder, disclosuresIndex), disclosuresIndex, 'building');
  const runner = new Runner(log, disclosures, disclosuresProjection(definitions), definitions);
  while ((await runner.step(head)) > 0);
  runner.close();
  flush(modelPath(folder, disclosuresIndex));
};

/** The name that the folder gets next promises that its files are whole, also after a power cut. */
const flush = (file: string): void => {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
