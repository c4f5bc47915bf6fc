import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { canonicalText } from '../record/commitment.ts';
import { subjectOfPatientStream } from '../record/streams.ts';
import { consentsIndex } from './consents-index.ts';
import { currentConsent, rowsOf } from './current-consent.ts';
import { disclosuresIndex } from './disclosures-index.ts';
import { Generations } from './generations.ts';
import { type ModelKind, modelPath } from './model-file.ts';
import { kinds } from './readers.ts';
import { rebuild } from './rebuild.ts';
import type { ThreadEntry } from './start-thread.ts';
import { Subjects, type ThreadParts } from './subjects.ts';

/** What a read model says, as a hash: two of the same log are equal whatever they were built by. */
export interface ModelDigest {
  readonly name: string;
  readonly digest: string;
}

/** The order in which each index is hashed; its rows are equal wherever the log is. */
const indexes: readonly { readonly kind: ModelKind; readonly rows: readonly string[] }[] = [
  {
    kind: consentsIndex,
    rows: ['SELECT * FROM consent ORDER BY consent_id, subject', 'SELECT * FROM ended ORDER BY subject'],
  },
  {
    kind: disclosuresIndex,
    rows: [
      'SELECT * FROM disclosure ORDER BY subject, log_index, entry',
      'SELECT * FROM erased ORDER BY subject',
    ],
  },
];

const pageStreams = 256;
const cachedConsents = 1_000;

/**
 * What the read models in a generation's folder say. A row of current-consent may be behind its stream, and its
 * seal is random: so what is hashed is the record that it and its tail give.
 */
export const digestModels = async (
  folder: string | undefined,
  parts: ThreadParts,
  onProgress: (share: number) => void,
): Promise<ModelDigest[]> => {
  if (folder === undefined) return [];
  const { log } = parts;
  const current = openReadOnly(folder, currentConsent);
  const subjects = new Subjects(parts, rowsOf(current), cachedConsents);
  const records = createHash('sha256');
  for (let after = 0; ; ) {
    const streams = log.streams(after, pageStreams);
    for (const { stream } of streams) {
      const subject = subjectOfPatientStream(stream);
      const tenant = subject && log.tenantOf(stream);
      if (subject === undefined || tenant === undefined) continue;
      const record = await subjects.record(subject, tenant);
      records.update(canonicalText([subject, record ?? null]));
    }
    const last = streams.at(-1);
    if (last === undefined) break;
    after = last.number;
    onProgress(after / log.streamCount());
  }
  current.close();
  const digests = [{ name: currentConsent.name, digest: records.digest('hex') }];
  for (const { kind, rows } of indexes) {
    const database = openReadOnly(folder, kind);
    const hash = createHash('sha256');
    for (const each of rows)
      for (const row of database.prepare(each).iterate()) hash.update(JSON.stringify(row));
    database.close();
    digests.push({ name: kind.name, digest: hash.digest('hex') });
  }
  return digests;
};

/** The names of the models that are not the same in both, or are in one alone. */
export const differing = (one: readonly ModelDigest[], other: readonly ModelDigest[]): string[] => {
  const digestIn = (models: readonly ModelDigest[], name: string) =>
    models.find((model) => model.name === name)?.digest;
  const names = new Set([...one, ...other].map(({ name }) => name));
  return [...names].filter((name) => digestIn(one, name) !== digestIn(other, name));
};

/** Digests the models of a rebuild that is made in `scratch` and removed again; the log must not grow meanwhile. */
export const digestRebuilt = async (
  scratch: string,
  thread: ThreadEntry,
  parts: ThreadParts,
  onProgress: (share: number) => void,
): Promise<Result<ModelDigest[]>> => {
  rmSync(scratch, { recursive: true, force: true });
  try {
    const generations = new Generations(scratch, kinds);
    const built = await rebuild(thread, generations, parts.log, {
      onProgress: ({ share }) => onProgress(share / 2),
    });
    if (!built.ok) return fail(built.error.code, built.error.detail);
    const folder = generations.path(built.value.generation);
    return ok(await digestModels(folder, parts, (share) => onProgress(0.5 + share / 2)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const openReadOnly = (folder: string, kind: ModelKind) =>
  new Database(modelPath(folder, kind), { readonly: true, fileMustExist: true });
