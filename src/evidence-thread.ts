import { parentPort, workerData } from 'node:worker_threads';
import { eventDefinitions } from '../schemas/events/registry.ts';
import { EvidenceModel, evidenceModel } from './evidence/model.ts';
import { evidenceCalls, serveEvidence } from './evidence/thread.ts';
import { sealedEntries } from './projections/disclosures-index.ts';
import { ModelFile } from './projections/model-file.ts';
import { LogReader } from './store/log-reader.ts';
import type { RecordedEvent } from './store/port.ts';

/** Where the thread of the evidence finds what it opens. */
export interface EvidencePlaces {
  readonly logFile: string;
  readonly modelFile: string;
}

/** The composition root of the thread of the evidence: it reads the log and needs no key. */
const { logFile, modelFile } = workerData as EvidencePlaces;
const log = new LogReader(logFile);
const file = new ModelFile(modelFile, evidenceModel, 'service');
const entriesOf = (event: RecordedEvent) =>
  event.type === 'DecisionsRecorded' ? sealedEntries(event, eventDefinitions) : [];
const model = new EvidenceModel(file, log, entriesOf);

serveEvidence(parentPort!, evidenceCalls(model, log, entriesOf), () => {
  file.close();
  log.close();
});
