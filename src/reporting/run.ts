import type { Identifier } from '../../schemas/coding.ts';
import type { ExportRecord } from '../../schemas/export/package.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { EnvelopeBroken } from '../record/envelope.ts';
import { UnknownEvent } from '../record/upcast.ts';
import { VaultUnavailable } from '../vault/port.ts';
import type { ExportFile } from './export-file.ts';
import { gather } from './gather.ts';
import type { GatherParts } from './gather-parts.ts';
import { readRecords } from './package-lines.ts';
import { SealedDocument } from './sealed-document.ts';

/** Renders a package into a document and signs it there. */
export type MakeDocument = (
  source: {
    /** The records of the package, as often as they are asked for. */
    readonly records: () => AsyncIterable<ExportRecord>;
    /** The same as they are attached: JSON lines. */
    readonly attachment: () => AsyncIterable<Uint8Array>;
    readonly patients: number;
  },
  document: SealedDocument,
  onProgress: (stage: 'rendering' | 'signing', share: number) => void,
) => Promise<Result<void>>;

/** Works on an export until its document is signed, from wherever its file stands. Failures: those of its parts. */
export const run = async (parts: GatherParts, makeDocument: MakeDocument): Promise<Result<void>> => {
  const gathered = await gather(parts, readCohort(parts.file));
  return !gathered.ok || parts.file.state().stage === 'signed' ? gathered : makeIn(parts, makeDocument);
};

/** What `work` gives; a failure too where what it opens cannot be reached (`vault-unavailable`) or be read. */
export const failing = async (work: () => Promise<Result<void>>): Promise<Result<void>> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EnvelopeBroken || error instanceof UnknownEvent)
      return fail('record-unreadable', 'what is exported cannot be read');
    if (error instanceof VaultUnavailable) return fail(error.code, 'the keys cannot be read at present');
    throw error;
  }
};

const makeIn = async (
  { file, cohort, onProgress }: GatherParts,
  makeDocument: MakeDocument,
): Promise<Result<void>> => {
  const state = file.state();
  const patients = cohort.count();
  file.begin();
  const document = new SealedDocument(file);
  const source = {
    records: () => readRecords(file.readAll('package')),
    attachment: async function* () {
      yield* file.readAll('package');
    },
    patients,
  };
  const made = await makeDocument(source, document, (stage, share) => onProgress(stage, share, patients));
  if (!made.ok) return made;
  file.commit({ ...state, stage: 'signed', document: document.finish() });
  return ok(undefined);
};

/** Identifiers in a chunk of the cohort. */
const together = 1_000;

/** Writes down who is asked for, sealed. To be called before the first `run`. */
export const writeCohort = (file: ExportFile, identifiers: readonly Identifier[]): void => {
  const chunks = Math.max(1, Math.ceil(identifiers.length / together));
  file.begin();
  for (let number = 0; number < chunks; number += 1) {
    const some = identifiers.slice(number * together, (number + 1) * together);
    file.write('cohort', number, number === chunks - 1, Buffer.from(JSON.stringify(some), 'utf8'));
  }
  file.commit(file.state());
};

const readCohort = (file: ExportFile): Identifier[] =>
  [...file.readAll('cohort')].flatMap((chunk) => JSON.parse(chunk.toString('utf8')) as Identifier[]);
