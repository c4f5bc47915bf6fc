import type { Millis } from '../../schemas/instant.ts';
import type { Stage } from './gather-parts.ts';
import type { JobProgress } from './job.ts';
import type { ExportView } from './port.ts';

/** The stages in their order, and how much of the work each is, about. */
const weights: readonly (readonly [Stage, number])[] = [
  ['choosing', 0.03],
  ['answers', 0.12],
  ['patients', 0.25],
  ['proofs', 0.03],
  ['rendering', 0.5],
  ['signing', 0.05],
  ['issuing', 0.02],
];

/** Below this nothing is said of the time that is left: it would be a guess. */
const leastShare = 0.02;

/** How far a job is, and how long it may still take, by how long it took since it was taken up. */
export class Progress {
  readonly #begunAt: Millis;
  #begunShare: number | undefined;
  #last: JobProgress = { stage: 'choosing', share: 0, patients: 0, total: 0 };

  constructor(now: Millis) {
    this.#begunAt = now;
  }

  tell(progress: JobProgress): void {
    this.#last = progress;
    this.#begunShare ??= shareOf(progress);
  }

  /** The thread has nothing more to do; the report is being recorded. */
  issuing(): void {
    this.tell({ ...this.#last, stage: 'issuing', share: 0 });
  }

  view(now: Millis): ExportView['progress'] {
    const { stage, patients, total } = this.#last;
    const share = shareOf(this.#last);
    const done = share - (this.#begunShare ?? share);
    const secondsLeft = (((now - this.#begunAt) / 1000) * (1 - share)) / done;
    return {
      stage,
      share,
      patientsDone: patients,
      patients: total,
      ...(done >= leastShare && { secondsLeft: Math.ceil(secondsLeft) }),
    };
  }
}

const shareOf = ({ stage, share }: JobProgress): number => {
  let before = 0;
  for (const [name, weight] of weights) {
    if (name === stage) return Math.min(1, before + weight * share);
    before += weight;
  }
  return before;
};
