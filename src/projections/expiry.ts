import type { Millis } from '../../schemas/instant.ts';
import { expire } from '../consent/decide.ts';
import type { Records } from '../record/records.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Projections } from './port.ts';

export interface ExpiryParts {
  readonly projections: Pick<Projections, 'endsDue'>;
  readonly records: Pick<Records, 'execute'>;
  readonly keyring: Pick<Keyring, 'keyOf'>;
  readonly clock: () => Millis;
}

/** What one pass came to. What failed is due still, and found by the next. */
export interface ExpiryPass {
  readonly written: number;
  readonly failed: number;
}

/** Subjects that are worked on side by side, so that they share writes. */
const pageSubjects = 64;

/**
 * Writes a ConsentExpired for each consent whose end has passed (SEMANTICS S2.5), also of ends that passed while
 * nobody was there. Once for each end, however many writers there are: each decides on the record at a revision,
 * only one can write after it, and the others decide again and find nothing to do.
 */
export class Expiry {
  readonly #parts: ExpiryParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<ExpiryPass> = Promise.resolve({ written: 0, failed: 0 });

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
  }

  /** One pass over what the index has as due. */
  async pass(): Promise<ExpiryPass> {
    const { projections, clock } = this.#parts;
    const now = clock();
    let written = 0;
    let failed = 0;
    for (let after: string | undefined; ; ) {
      const due = projections.endsDue(now, after, pageSubjects);
      const outcomes = await Promise.all(due.map(({ subject, tenant }) => this.#expire(subject, tenant)));
      for (const outcome of outcomes) {
        if (outcome === undefined) failed += 1;
        else written += outcome;
      }
      if (due.length < pageSubjects) return { written, failed };
      after = due.at(-1)?.subject;
    }
  }

  /** Passes now and every `intervalMs`, one at a time, until `stop`. */
  start(intervalMs: number, onPass: (pass: ExpiryPass) => void): void {
    const next = async (): Promise<void> => {
      this.#running = this.pass().catch(() => ({ written: 0, failed: 1 }));
      onPass(await this.#running);
      if (this.#timer !== undefined) this.#timer = setTimeout(() => void next(), intervalMs);
    };
    this.#timer = setTimeout(() => void next(), 0);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  /** How many events were written; undefined where it failed. */
  async #expire(subject: string, tenant: string): Promise<number | undefined> {
    const { records, keyring } = this.#parts;
    const key = await keyring.keyOf(subject);
    if (key === undefined) return 0;
    const result = await records.execute(tenant, { subject, key }, expire, {});
    if (!result.ok) return result.error.code === 'patient-erased' ? 0 : undefined;
    return result.value.events.length;
  }
}
