import { open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { exportKind, exportKinds, exportLanguage } from '../../schemas/export/package.ts';
import { dateTime } from '../../schemas/instant.ts';
import type { Result } from '../../schemas/result.ts';
import { isoOf, spanOf } from '../consent/time.ts';
import type { AskedCohort, AskedExport, Exports, ExportView } from '../reporting/port.ts';
import { readCohort } from './export/cohort-file.ts';
import { type Progress, progressOf } from './progress.ts';

/** What `consent-ledger export` is told. */
export const exportOptions = z.strictObject({
  out: z
    .string()
    .min(1)
    .optional()
    .describe('File that the signed document is written to; it must not be there yet'),
  package: z.string().min(1).optional().describe('File that the evidence alone is written to, as JSON lines'),
  kind: exportKind.default('history').describe('What it is about'),
  language: exportLanguage.default('en').describe('Language of the text'),
  cohort: z
    .string()
    .min(1)
    .optional()
    .describe('File with the patients: a line each, system|value or {"system":...,"value":...}'),
  form: z.string().min(1).optional().describe('All with a consent under this form'),
  erasure: z.uuid().optional().describe('Certificate of this erasure, with --kind erasures'),
  all: z.boolean().optional().describe('Everybody of the tenant'),
  from: dateTime.optional().describe('Of answers, those recorded from then on'),
  until: dateTime.optional().describe('What was recorded until then, that day, month or year included'),
  reason: z.string().max(500).optional().describe('On what ground or order; it stands on the first page'),
  tenant: z.string().min(1).default('default').describe('Tenant that the patients belong to'),
  agent: z.string().min(1).default('operator').describe('Who asks, as it stands on the first page'),
  resume: z.uuid().optional().describe('Id of an export that was interrupted, to be gone on with'),
});
export type ExportOptions = z.input<typeof exportOptions>;

/** Who an export of the command line is asked for by: no token vouches for it. */
const issuer = 'urn:consent-ledger:command-line';

/** The exit code of what was stopped by SIGINT. */
const stoppedCode = 130;

/**
 * `consent-ledger export`: has a report made, with progress, and writes it to a file. Where `signal` aborts, the work
 * stops where it is, and can be gone on with.
 *
 * @returns the exit code
 * @throws where an option is wrong, a file cannot be read or written, or the export fails: a sentence
 */
export const exportCommand = async (
  options: ExportOptions,
  { exports, timeZone }: { readonly exports: Exports; readonly timeZone: string },
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<number> => {
  const told = exportOptions.parse(options);
  const { tenant, out } = told;
  if (out === undefined) throw new Error('Say by --out which file the document is to be written to.');
  const exportId = told.resume ?? (await begin(told, exports, timeZone));
  const progress = progressOf('Exporting');
  signal.addEventListener('abort', () => exports.release(), { once: true });
  const last = await follow(exports.watch(tenant, exportId), progress);
  if (last === undefined) throw new Error('There is no such export.');
  if (signal.aborted && last.status !== 'finished') {
    say(`Stopped. To go on with it: consent-ledger export --resume ${exportId} --out ${out}`);
    return stoppedCode;
  }
  if (last.status !== 'finished')
    throw new Error(`The export ${last.status}: ${last.failure ?? last.status}.`);
  await save(out, sure(await exports.document(tenant, exportId)).chunks);
  if (told.package !== undefined)
    await save(told.package, sure(await exports.package(tenant, exportId)).chunks);
  say(`${out}: SHA-256 ${last.document?.sha256}, ${last.progress.patients} patients. Export ${exportId}.`);
  return 0;
};

/** `consent-ledger exports`: the exports of a tenant on this node, newest first. */
export const exportsCommand = async (exports: Exports, tenant: string): Promise<string> => {
  const lines: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = sure(await exports.list(tenant, { kinds: exportKinds, limit: 100, cursor }));
    for (const { exportId, createdAt, kind, status, failure, progress, document } of page.items) {
      const how = failure === undefined ? status : `${status} (${failure})`;
      const hash = document === undefined ? '' : `  SHA-256 ${document.sha256}`;
      lines.push(`${exportId}  ${isoOf(createdAt)}  ${kind}  ${how}  ${progress.patients} patients${hash}`);
    }
    if (page.next === undefined) return lines.length === 0 ? 'There are none.' : lines.join('\n');
    cursor = page.next;
  }
};

const begin = async (
  told: z.output<typeof exportOptions>,
  exports: Exports,
  timeZone: string,
): Promise<string> => {
  const { kind, language, reason, from, until, tenant, agent } = told;
  const period = spanOf({ ...(from && { start: from }), ...(until && { end: until }) }, timeZone);
  const asked: AskedExport = {
    ...{ kind, language, reason },
    cohort: await cohortOf(told),
    ...((from !== undefined || until !== undefined) && { period }),
  };
  const { view } = sure(await exports.ask(tenant, { issuer, subject: agent }, asked));
  return view.exportId;
};

const cohortOf = async ({
  cohort,
  form,
  erasure,
  all,
}: Pick<z.output<typeof exportOptions>, 'cohort' | 'form' | 'erasure' | 'all'>): Promise<AskedCohort> => {
  const given = [cohort, form, erasure, all].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new Error('Say who it is about by one of --cohort, --form, --erasure and --all.');
  if (cohort !== undefined) return { by: 'identifiers', identifiers: await readCohort(cohort) };
  if (erasure !== undefined) return { by: 'erasure', erasureId: erasure };
  return form === undefined ? { by: 'all' } : { by: 'form', formId: form };
};

const follow = async (
  views: AsyncIterable<ExportView>,
  progress: Progress,
): Promise<ExportView | undefined> => {
  let last: ExportView | undefined;
  for await (const view of views) {
    last = view;
    const { stage = view.status, share, patientsDone, patients } = view.progress;
    progress.show(share, `${stage}, ${patientsDone} of ${patients} patients`);
  }
  progress.end();
  return last;
};

/** The file is there whole or not at all, readable by its owner alone. */
const save = async (path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> => {
  const claimed = await open(path, 'wx', 0o600);
  await claimed.close();
  const partial = `${path}.partial`;
  const file = await open(partial, 'w', 0o600);
  try {
    for await (const chunk of chunks) await file.write(chunk);
    await file.sync();
    await file.close();
    await rename(partial, path);
  } catch (error) {
    await Promise.allSettled([file.close(), rm(partial, { force: true }), rm(path, { force: true })]);
    throw error;
  }
};

const sure = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw new Error(`${result.error.detail} (${result.error.code}).`);
};
