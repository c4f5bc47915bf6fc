import type { ExportRecord } from '../../schemas/export/package.ts';
import { type Begun, begin, type PackageTrust } from './begin.ts';
import { type Fault, faultAt } from './fault.ts';
import { type Line, linesOf } from './lines.ts';
import { PackageCheck } from './package-check.ts';
import { mayFollow, recordOf } from './record.ts';
import { type PackageVerdict, verdictOf } from './verdict.ts';

/**
 * Verifies the machine-readable part of an export (docs/evidence-format.md section 8), in one pass, holding some 50
 * bytes an event and 160 a patient. Never throws for what the bytes are: rejects where `chunks` does.
 */
export const verifyPackage = async (
  chunks: AsyncIterable<Uint8Array>,
  trust: PackageTrust,
): Promise<PackageVerdict> => {
  const reading = new Reading(trust);
  for await (const line of linesOf(chunks)) {
    const fault = reading.take(line);
    if (fault !== undefined) return reading.verdict(fault);
  }
  return reading.verdict(reading.end());
};

class Reading {
  readonly #trust: PackageTrust;
  #count = 0;
  #before: ExportRecord['record'] | undefined;
  #begun: Begun | undefined;
  #check: PackageCheck | undefined;

  constructor(trust: PackageTrust) {
    this.#trust = trust;
  }

  /** Whatever cannot be worked out is a fault of the record too, and never the end of the verifier. */
  take(line: Line): Fault | undefined {
    this.#count += 1;
    try {
      return this.#take(line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'failed';
      return faultAt('form', `it cannot be worked out: ${reason}`, { record: this.#count });
    }
  }

  end(): Fault | undefined {
    if (this.#before === 'end') return undefined;
    return faultAt('unreadable', this.#before ? 'the export is cut off' : 'there is nothing in it');
  }

  verdict(fault: Fault | undefined): PackageVerdict {
    return verdictOf(fault, this.#begun, this.#check?.checked);
  }

  #take({ text, isWhole, digestBefore }: Line): Fault | undefined {
    const at = { record: this.#count };
    if (!isWhole) return faultAt('unreadable', 'the export is cut off', at);
    if (text === undefined) return faultAt('unreadable', 'the line is not UTF-8 text', at);
    const record = recordOf(text);
    if (typeof record === 'string') return faultAt('form', record, at);
    if (!mayFollow(this.#before, record.record))
      return faultAt('order', `"${record.record}" cannot stand ${behind(this.#before)}`, at);
    this.#before = record.record;
    if (record.record !== 'export') return this.#check!.take(record, this.#count, digestBefore);
    const begun = begin(record, this.#trust);
    if ('code' in begun) return begun;
    this.#begun = begun;
    this.#check = new PackageCheck(begun, this.#trust);
    return undefined;
  }
}

const behind = (before: string | undefined) => (before === undefined ? 'first' : `behind "${before}"`);
