import type { ImportChoices } from '../../fhir/choices.ts';
import { type ImportReport, type Outcome, outcomes, type ReportLine } from './report.ts';

/** The report while it grows. */
export class Tally {
  readonly #counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly #others: Record<string, number> = {};
  readonly #lines: ReportLine[] = [];
  #read = 0;
  #blocking = 0;

  get read(): number {
    return this.#read;
  }

  /** One Consent, or what might have been one. Without a path or reason it is only counted. */
  add(line: ReportLine): void {
    this.#read += 1;
    this.#counts[line.outcome] += 1;
    if (line.blocks) this.#blocking += 1;
    if (line.reason !== undefined) this.#lines.push(line);
  }

  /** A resource of another type. */
  other(type: string): void {
    this.#others[type] = (this.#others[type] ?? 0) + 1;
  }

  report(tenant: string, choices: ImportChoices, interrupted: boolean): ImportReport {
    return {
      tenant,
      choices,
      read: this.#read,
      counts: { ...this.#counts },
      blocking: this.#blocking,
      others: { ...this.#others },
      interrupted,
      lines: [...this.#lines],
    };
  }
}
