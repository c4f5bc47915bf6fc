/** The value below which this share of the values lies. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Microseconds that each of several pieces of work takes, by its name: medians over alternating rounds. */
export const timed = async <Name extends string>(
  rounds: number,
  times: number,
  work: Readonly<Record<Name, (n: number) => unknown>>,
): Promise<Record<Name, number>> => {
  const names = Object.keys(work) as Name[];
  const spent = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1)
    for (const name of names) {
      const begun = performance.now();
      for (let n = 0; n < times; n += 1) {
        const result = work[name](n);
        if (result instanceof Promise) await result;
      }
      // The first round is for the compiler.
      if (round >= 0) spent.get(name)!.push(((performance.now() - begun) / times) * 1000);
    }
  return Object.fromEntries(names.map((name) => [name, median(spent.get(name)!)])) as Record<Name, number>;
};
