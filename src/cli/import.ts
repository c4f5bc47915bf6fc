import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { importChoices } from '../fhir/choices.ts';
import type { ImportServices } from './import/import-one.ts';
import { filesOf, type Item, readItems } from './import/input.ts';
import { reportText } from './import/report.ts';
import { runImport } from './import/run.ts';
import { progressOf } from './progress.ts';

/** What `consent-ledger import` is told, besides its input: each choice of SEMANTICS S8 and how to run. */
export const importOptions = z.strictObject({
  ...importChoices.shape,
  tenant: z.string().min(1).default('default').describe('Tenant that the patients belong to'),
  agent: z.string().min(1).default('import').describe('Who imports, as it is recorded with each event'),
  inFlight: z.coerce.number().int().min(1).max(1024).default(64).describe('Resources under way at once'),
  report: z.string().min(1).optional().describe('File that the whole report is written to, as JSON'),
});
export type ImportOptions = z.input<typeof importOptions>;

/** Who an import of the command line acts as: no token vouches for it. */
const issuer = 'urn:consent-ledger:command-line';

/**
 * Imports FHIR Consents from files and folders, shows progress and prints the report. SIGINT stops it after what
 * is under way; a second one kills it, which is as safe.
 *
 * @returns the exit code: 0; 1 where something failed and is to be imported again; 130 where it was stopped
 * @throws where an option is wrong or there is no such file
 */
export const importConsents = async (
  inputs: readonly string[],
  options: ImportOptions,
  services: ImportServices,
  { stdout, stderr }: { stdout: NodeJS.WritableStream; stderr: NodeJS.WriteStream } = process,
): Promise<number> => {
  const { tenant, agent, inFlight, report: reportFile, ...choices } = importOptions.parse(options);
  const files = await filesOf(inputs);
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let readBytes = 0;
  const onBytes = (bytes: number) => {
    readBytes += bytes;
  };
  const progress = progressOf('Importing', stderr);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  const report = await runImport(itemsOf(files, onBytes), services, {
    tenant,
    agent: { issuer, subject: agent },
    choices,
    inFlight,
    signal: stop.signal,
    onCount: (consents) => progress.show(Math.min(1, readBytes / totalBytes), `${consents} consents`),
  }).finally(() => {
    progress.end();
    process.off('SIGINT', onInterrupt);
  });
  stdout.write(reportText(report));
  // Names of files and resources may tell of whom they are: for the operator alone.
  if (reportFile !== undefined) await writeFile(reportFile, JSON.stringify(report, null, 2), { mode: 0o600 });
  if (report.interrupted) return 130;
  return report.counts.failed > 0 ? 1 : 0;
};

async function* itemsOf(
  files: readonly { readonly path: string }[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<Item> {
  for (const { path } of files) yield* readItems(path, onBytes);
}
