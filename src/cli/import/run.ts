import { type Effective, readConsent } from '../../fhir/consent.ts';
import { Turns } from '../../record/turns.ts';
import { type IfFormer, type ImportContext, type ImportServices, importReading } from './import-one.ts';
import type { Item } from './input.ts';
import type { ImportReport, ReportLine } from './report.ts';
import { Tally } from './tally.ts';

export interface ImportRun extends ImportContext {
  /** How many resources are under way at once. */
  readonly inFlight: number;
  /** Ends the import after what is under way. */
  readonly signal?: AbortSignal;
  readonly onCount?: (consents: number) => void;
}

/** A resource that says what it said before: whether it goes back to that, the rest of the input tells. */
interface Held {
  readonly named: Pick<ReportLine, 'origin' | 'resource'>;
  readonly reading: Effective;
}

/**
 * Imports FHIR Consents (SEMANTICS S8), those of one patient in the order of the input. It can be stopped or
 * killed at any time: the same import again carries out what is missing, and changes nothing else.
 *
 * A resource with a content that it had once, and not last, is held back: where the input has it again later, that
 * was an old version on the way to a newer, else the resource went back to it.
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
  const held = new Map<string, Held>();

  const carryOut = ({ named, reading }: Held, ifFormer: IfFormer): Promise<void> => {
    const patient = JSON.stringify(reading.patient);
    const key = `${reading.source.resourceKey} ${patient}`;
    return turns.take(patient, async () => {
      const { ends, former, ...came } = await importReading(reading, services, run, ifFormer);
      if (ends) ended.abort();
      const overtaken = held.get(key);
      if (overtaken) tally.addEffective({ ...overtaken.named, outcome: 'unchanged' }, key);
      if (former) held.set(key, { named, reading });
      else {
        held.delete(key);
        tally.addEffective({ ...named, ...came }, key);
      }
      run.onCount?.(tally.read);
    });
  };

  const readAndCarryOut = async (origin: string, resource: unknown): Promise<void> => {
    const reading = readConsent(resource, choices, timeZone);
    const { id } = resource as { readonly id?: unknown };
    const named = { origin, ...(typeof id === 'string' && { resource: `Consent/${id}` }) };
    if (reading.kind !== 'refused' && reading.kind !== 'left') return carryOut({ named, reading }, 'leave');
    tally.add({ ...named, outcome: reading.kind, path: reading.path, reason: reading.reason });
    run.onCount?.(tally.read);
  };

  const underWay = new Set<Promise<void>>();
  const begin = async (work: Promise<void>): Promise<void> => {
    const task = work.finally(() => underWay.delete(task));
    underWay.add(task);
    if (underWay.size >= inFlight) await Promise.race(underWay);
  };
  const stopped = () => ended.signal.aborted || signal?.aborted === true;
  let interrupted = false;
  try {
    for await (const item of items) {
      interrupted = stopped();
      if (interrupted) break;
      const { origin } = item;
      if ('problem' in item) tally.add({ origin, outcome: 'failed', reason: item.problem });
      else if (typeOf(item.resource) !== 'Consent') tally.addOther(typeOf(item.resource));
      else await begin(readAndCarryOut(origin, item.resource));
    }
    await Promise.all(underWay);
    const former = [...held.values()];
    held.clear();
    for (const each of former) {
      interrupted ||= stopped();
      if (interrupted) break;
      await begin(carryOut(each, 'go-back'));
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
