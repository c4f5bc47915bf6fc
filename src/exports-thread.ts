import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { renderReport } from '../reports/report.ts';
import { eventDefinitions } from '../schemas/events/registry.ts';
import { fail, ok, type Result } from '../schemas/result.ts';
import { statingIn } from './erasure/stated.ts';
import { openVault, type VaultPlace } from './ledger-vault.ts';
import { signPdf } from './pades/port.ts';
import { subjectsUnderForm } from './projections/consents-index.ts';
import { findDisclosures } from './projections/disclosures-index.ts';
import { openReaders } from './projections/readers.ts';
import { giveWay } from './projections/thread.ts';
import { reportFonts } from './report-fonts.ts';
import {
  openReportSigning,
  problemUnsigned,
  type ReportSigning,
  type ReportSigningPlaces,
  refusalUnsigned,
} from './report-signing.ts';
import { AnswersTable } from './reporting/answers-table.ts';
import { CohortTable } from './reporting/cohort-table.ts';
import { ExportFile } from './reporting/export-file.ts';
import type { GatherParts } from './reporting/gather-parts.ts';
import type { ExportAbout } from './reporting/request.ts';
import { failing, type MakeDocument, run } from './reporting/run.ts';
import { type ExportMessage, proofsBy, type Unsigned } from './reporting/thread.ts';
import { LogReader } from './store/log-reader.ts';
import { openKeyring } from './vault/keyring.ts';
import { openKeyStore } from './vault/keystore.ts';

/** Where the thread of an export finds what it opens. */
export interface ExportPlaces extends ReportSigningPlaces {
  readonly logFile: string;
  readonly vault: VaultPlace;
}

/** One export to be worked on. */
export interface ExportStart {
  readonly places: ExportPlaces;
  /** The read models in service. */
  readonly modelsFolder: string;
  readonly file: string;
  /** The subject in the vault whose key seals the file. */
  readonly keyId: string;
  readonly about: ExportAbout;
  readonly earlier: readonly number[];
}

/** Of each file that is read from end to end: there is nothing to be gained by keeping it. */
const cacheKib = 2_048;
/** `renderReport` goes through the records twice. */
const passes = 2;
/** Patients between two words of progress. */
const patientsBetween = 50;

/** The composition root of the thread of an export: it reads what the service writes, and writes the export's file. */
const { places, modelsFolder, file: path, keyId, about, earlier } = workerData as ExportStart;
const port = parentPort!;
giveWay();
const tell = (message: ExportMessage): void => port.postMessage(message);

const fonts = reportFonts();
const failUnsigned = (unsigned: Unsigned) => {
  tell({ kind: 'unsigned', unsigned });
  return fail('report-unsigned', 'the document could not be signed');
};
const documentsBy =
  (signing: ReportSigning): MakeDocument =>
  async (source, document, onProgress) => {
    const { records, attachment, patients } = source;
    let pass = 0;
    const counted = async function* () {
      const before = pass;
      pass += 1;
      let seen = 0;
      for await (const record of records()) {
        if (record.record === 'patient') {
          seen += 1;
          if (seen % patientsBetween === 0) onProgress('rendering', (before + seen / patients) / passes);
        }
        yield record;
      }
    };
    await renderReport({ records: counted, attachment, fonts, signable: true }, async (chunk) =>
      document.append(chunk),
    );
    onProgress('signing', 0);
    const signed = await signPdf(document, { ...signing, clock: Date.now });
    return signed.ok ? ok(undefined) : failUnsigned(problemUnsigned(signed.problem, places));
  };

const work = async (): Promise<Result<void>> => {
  await using opened = new AsyncDisposableStack();
  const log = opened.adopt(new LogReader(places.logFile, cacheKib), (one) => one.close());
  const vault = opened.adopt(await openVault(places.vault), (one) => one.close());
  const keyStore = await openKeyStore(places.keysFolder);
  const keyring = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: 5_000 });
  const readers = opened.adopt(openReaders(modelsFolder), (one) => one.close());
  for (const model of [readers.disclosures, readers.consents]) model.pragma(`cache_size = -${cacheKib}`);
  const key = await keyring.keyOf(keyId);
  if (key === undefined) throw new Error('the key of the export is gone');
  const file = opened.adopt(new ExportFile(path, { exportId: about.exportId, key }), (one) => one.close());
  const cohort = new CohortTable(file.db);
  const parts: GatherParts = {
    ...{ about, file, cohort, log, keyring, earlier },
    answers: new AnswersTable(file.db),
    indexes: {
      disclosures: (subject, after, limit) => findDisclosures(readers.disclosures, subject, {}, after, limit),
      underForm: (tenant, formId, after, limit) =>
        subjectsUnderForm(readers.consents, tenant, formId, after, limit),
    },
    statedOf: statingIn({ log, keyring, epochs: keyStore.epochs }),
    definitions: eventDefinitions,
    proofs: proofsBy(port),
    onProgress: (stage, share, patients) =>
      tell({ kind: 'progress', stage, share, patients, total: cohort.count() }),
  };
  // Before hours of work, not after them; the sentence is for whoever asks by `keys check-report-signer`.
  const signing = await openReportSigning(places).catch((error: unknown) => refusalUnsigned(error, places));
  tell({ kind: 'ready' });
  return 'reason' in signing ? failUnsigned(signing) : await run(parts, documentsBy(signing));
};

const outcome = await failing(work);
tell(outcome.ok ? { kind: 'done' } : { kind: 'failed', failure: outcome.error });
port.close();
