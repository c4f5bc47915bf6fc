import type { ImportChoices } from '../../fhir/choices.ts';
import { type ImportReport, type Outcome, outcomes, type ReportLine } from './report.ts';

/** The report while it grows. */
export class Tally {
  readonly #counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly #others: Record<string, number> = {};
  readonly #lines: ReportLine[] = [];
  /** By resource, the line by which it stands unread. */
  readonly #blocking = new Map<string, ReportLine>();
  #read = 0;

  get read(): number {
    return this.#read;
  }

  /** One Consent, or what might have been one; a line without a reason is only counted. */
  add(line: ReportLine): void {
    this.#read += 1;
    this.#counts[line.outcome] += 1;
    if (line.reason !== undefined) this.#lines.push(line);
  }

  /** As `add`, for a resource that may stand unread, or was unread and no longer is. */
  addEffective(line: ReportLine, resource: string): void {
    this.add(line);
    if (line.blocks) this.#blocking.set(resource, line);
    else if (line.outcome !== 'failed') this.#blocking.delete(resource);
  }

  /** A resource of another type. */
  addOther(type: string): void {
    this.#others[type] = (this.#others[type] ?? 0) + 1;
  }

  report(tenant: string, choices: ImportChoices, interrupted: boolean): ImportReport {
    const blocking = new Set(this.#blocking.values());
    return {
      tenant,
      choices,
      read: this.#read,
      counts: { ...this.#counts },
      blocking: blocking.size,
      others: { ...this.#others },
      interrupted,
      lines: this.#lines.map(({ blocks: _, ...line }, n) =>
        blocking.has(this.#lines[n]!) ? { ...line, blocks: true } : line,
      ),
    };
  }
}
