import { readConsent } from '../../fhir/consent.ts';
import { Turns } from '../../record/turns.ts';
import { type ImportContext, type ImportServices, importReading } from './import-one.ts';
import type { Item } from './input.ts';
import type { ImportReport } from './report.ts';
import { Tally } from './tally.ts';

export interface ImportRun extends ImportContext {
  /** How many resources are under way at once. */
  readonly inFlight: number;
  /** Ends the import after what is under way. */
  readonly signal?: AbortSignal;
  readonly onCount?: (consents: number) => void;
}

/**
 * Imports FHIR Consents (SEMANTICS S8), those of one patient in the order of the input. It can be stopped or
 * killed at any time: the same import again carries out what is missing, and changes nothing else.
 */
export const runImport = async (
  items: AsyncIterable<Item>,
  services: ImportServices,
  run: ImportRun,
): Promise<ImportReport> => {
  const { choices, tenant, inFlight, signal } = run;
  const { timeZone } = services.policy.settings;
  const tally = new Tally();
  const turns = new Turns();
  const ended = new AbortController();

  const carryOut = async (origin: string, resource: unknown): Promise<void> => {
    const reading = readConsent(resource, choices, timeZone);
    const { id } = resource as { readonly id?: unknown };
    const named = { origin, ...(typeof id === 'string' && { resource: `Consent/${id}` }) };
    if (reading.kind === 'refused' || reading.kind === 'left') {
      tally.add({ ...named, outcome: reading.kind, path: reading.path, reason: reading.reason });
    } else {
      const patient = JSON.stringify(reading.patient);
      const { ends, ...came } = await turns.take(patient, () => importReading(reading, services, run));
      if (ends) ended.abort();
      tally.addEffective({ ...named, ...came }, `${reading.source.resourceKey} ${patient}`);
    }
    run.onCount?.(tally.read);
  };

  const underWay = new Set<Promise<void>>();
  const stopped = () => ended.signal.aborted || signal?.aborted === true;
  let interrupted = false;
  try {
    for await (const item of items) {
      if (stopped()) {
        interrupted = true;
        break;
      }
      const { origin } = item;
      if ('problem' in item) tally.add({ origin, outcome: 'failed', reason: item.problem });
      else if (typeOf(item.resource) !== 'Consent') tally.addOther(typeOf(item.resource));
      else {
        const task = carryOut(origin, item.resource).finally(() => underWay.delete(task));
        underWay.add(task);
        if (underWay.size >= inFlight) await Promise.race(underWay);
      }
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return tally.report(tenant, choices, interrupted);
};

const typeOf = (resource: unknown): string => {
  const { resourceType } = (resource ?? {}) as { readonly resourceType?: unknown };
  return typeof resourceType === 'string' ? resourceType : 'no FHIR resource';
};
