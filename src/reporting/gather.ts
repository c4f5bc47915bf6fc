import { createHash } from 'node:crypto';
import type { Identifier } from '../../schemas/coding.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { choose } from './choose.ts';
import { gatherAnswers } from './gather-answers.ts';
import type { GatherParts } from './gather-parts.ts';
import { gatherPatients } from './gather-patients.ts';
import { hashesOf } from './leaf-record.ts';
import { RecordWriter, readRecords } from './package-lines.ts';
import { release } from './release.ts';

const hashesInRecord = 1_000;

/**
 * Gathers the package of an export (schemas/export/package.ts) into its file, going on where it stands there. Failures:
 * `patient-erased`, `not-found` (nothing is recorded), `evidence-diverged`, and those of writing a checkpoint. Throws
 * EnvelopeBroken and UnknownEvent where the log cannot be read.
 */
export const gather = async (
  parts: GatherParts,
  identifiers: readonly Identifier[],
): Promise<Result<void>> => {
  const { file } = parts;
  const stages = {
    cohort: () => choose(parts, identifiers),
    answers: () => gatherAnswers(parts),
    patients: () => gatherPatients(parts, identifiers),
  };
  for (const [stage, work] of Object.entries(stages)) {
    if (file.state().stage !== stage) continue;
    const done = await work();
    if (!done.ok) return done;
  }
  return file.state().stage === 'patients' ? prove(parts) : ok(undefined);
};

/** Ends the package: with the hashes beside, the walk to the heads, and the signature over all of it. */
const prove = async (parts: GatherParts): Promise<Result<void>> => {
  const { file, answers, about, proofs, onProgress } = parts;
  const state = file.state();
  const { size } = state.checkpoint!;
  onProgress('proofs', 0, parts.cohort.count());
  const beside = await proofs.besideLeaves(answers.leaves(), size);
  const grown = await growthsTo(parts, size);
  if (!grown.ok) return grown;
  file.begin();
  const writer = new RecordWriter(file, 'package', state.totals);
  for (const some of inGroups(hashesOf(beside), hashesInRecord))
    writer.add({ record: 'tree', beside: some.map((hash) => hash.toString('hex')) });
  for await (const record of readRecords(file.readAll('heads'))) writer.add(record);
  for (const { from, path } of grown.value) writer.add({ record: 'consistency', from, path });
  writer.flush();
  const digest = createHash('sha256');
  for (const chunk of file.readSoFar('package')) {
    digest.update(chunk);
    release(chunk);
  }
  const note = await proofs.signExport(about.exportId, digest.digest());
  const { records, ...counted } = writer.totals();
  writer.add({ record: 'end', ...counted, records: records + 1, note });
  writer.flush(true);
  file.drop('heads');
  file.commit({ ...state, stage: 'document', next: 0, totals: writer.totals() });
  return ok(undefined);
};

const growthsTo = async (
  { proofs, earlier }: GatherParts,
  size: number,
): Promise<Result<{ readonly from: number; readonly path: string[] }[]>> => {
  const growths: { from: number; path: string[] }[] = [];
  for (const from of new Set(earlier)) {
    const path = await proofs.growth(from, size);
    if (!path.ok) return path;
    growths.push({ from, path: path.value });
  }
  return ok(growths);
};

function* inGroups<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let group: T[] = [];
  for (const one of all) {
    group.push(one);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
