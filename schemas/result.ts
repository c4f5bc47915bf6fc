import type { FailureCode } from './failures.ts';

/**
 * What went wrong, as a value. `code` is stable and part of the contract; `detail` is for people and never
 * holds anything of a person; `pointer` is the RFC 6901 JSON pointer of the member that broke a rule.
 */
export interface Failure {
  readonly code: FailureCode;
  readonly detail: string;
  readonly pointer?: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const fail = (code: FailureCode, detail: string, pointer?: string): Result<never> => ({
  ok: false,
  error: pointer === undefined ? { code, detail } : { code, detail, pointer },
});
