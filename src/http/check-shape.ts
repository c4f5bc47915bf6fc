import type { z } from 'zod';
import type { Problem } from '../../schemas/http/common.ts';
import { ok } from '../../schemas/result.ts';
import type { RequestFailure } from './problem-reply.ts';

type ShapeError = NonNullable<Problem['errors']>[number];
type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RequestFailure };

const maxErrors = 20;

/** RFC 6901. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** What a zod issue says, in words of the contract alone: zod's own would repeat the names of unknown members. */
const describe = (issue: z.core.$ZodRawIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'it is required' : `it must be of the type ${issue.expected}`;
    case 'unrecognized_keys':
      return `it has ${issue.keys.length} unknown member(s); known are: ${membersOf(issue.inst)}`;
    case 'invalid_value':
      return `it must be one of: ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `it must be at least ${issue.minimum} (${issue.origin})`;
    case 'too_big':
      return `it must be at most ${issue.maximum} (${issue.origin})`;
    case 'invalid_format':
      return `it must have the format ${issue.format}`;
    case 'invalid_union':
      return 'it has none of the forms that it may have';
    default:
      return 'it breaks a rule of the contract';
  }
};

const membersOf = (schema: unknown): string => {
  const { shape } = (schema as z.ZodObject)._zod.def;
  return Object.keys(shape).join(', ');
};

const ruleOf = (issue: z.core.$ZodIssue): string => issue.code.replaceAll('_', '-');

/**
 * Checks a part of a request against its shape in the contract. The failure names each member that breaks a rule,
 * and the rule, and repeats nothing that was sent.
 */
export const checkShape = <Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  part: ShapeError['in'],
): Checked<z.output<Shape>> => {
  const parsed = shape.safeParse(value, { error: describe });
  if (parsed.success) return ok(parsed.data);
  const errors = parsed.error.issues.slice(0, maxErrors).map((issue) => ({
    in: part,
    pointer: pointerOf(issue.path),
    rule: ruleOf(issue),
    detail: issue.message,
  }));
  return {
    ok: false,
    error: {
      code: 'invalid-request',
      detail: `the ${part} breaks ${parsed.error.issues.length} rule(s) of its shape`,
      pointer: errors[0]!.pointer,
      errors,
    },
  };
};
