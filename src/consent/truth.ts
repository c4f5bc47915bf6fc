/**
 * Three-valued logic, ordered so that "not met beats unknown, unknown beats met" (S3.1) is the least of several,
 * and "met if one is met, else unknown if one is unknown" is the greatest.
 */
export const notMet = 0;
export const unknown = 1;
export const met = 2;
export type Truth = typeof notMet | typeof unknown | typeof met;

export const truthOf = (value: boolean): Truth => (value ? met : notMet);

/** All are needed. */
export function all<T>(values: Iterable<T>, judge: (value: T) => Truth): Truth {
  let result: Truth = met;
  for (const value of values) {
    const truth = judge(value);
    if (truth === notMet) return notMet;
    if (truth < result) result = truth;
  }
  return result;
}

/** Any suffices. */
export function any<T>(values: Iterable<T>, judge: (value: T) => Truth): Truth {
  let result: Truth = notMet;
  for (const value of values) {
    const truth = judge(value);
    if (truth === met) return met;
    if (truth > result) result = truth;
  }
  return result;
}
