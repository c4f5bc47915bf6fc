import type { z } from 'zod';

/** Why a resource is not read, and at which element: `Consent.provision.provision[1].actor[0].role`. */
export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export const refuse = (path: string, reason: string): Read<never> => ({
  ok: false,
  refusal: { path, reason },
});

/** The first of the issues, as a refusal; the reason never holds what was written in the resource. */
export const refusalOf = (error: z.ZodError): Refusal => {
  const issue = error.issues[0]!;
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  const reason = issue.code === 'unrecognized_keys' ? 'an element that cannot be expressed' : issue.message;
  return { path: elementPath(path), reason };
};

/** `['provision', 0, 'actor']` as `Consent.provision[0].actor`. */
export const elementPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) => text + (typeof step === 'number' ? `[${step}]` : `.${String(step)}`),
    'Consent',
  );
