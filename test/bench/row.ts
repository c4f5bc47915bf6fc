/** One line of the bench table. `ratio` is what was reached against the floor; met where it is at least `aim`. */
export interface BenchRow {
  readonly name: string;
  readonly floor: string;
  readonly reached: string;
  readonly ratio: number;
  /** 0 where there is none, and the row is for information. */
  readonly aim: number;
  readonly ok: boolean;
}
