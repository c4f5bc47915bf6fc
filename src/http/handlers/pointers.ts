import type { Result } from '../../../schemas/result.ts';

/** A result whose failure points to a member below `prefix`, for what is checked apart from the body it came in. */
export const under = <T>(prefix: string, result: Result<T>): Result<T> => {
  if (result.ok || result.error.pointer === undefined) return result;
  return { ok: false, error: { ...result.error, pointer: `${prefix}${result.error.pointer}` } };
};
