import type { Problem } from '../../schemas/http/common.ts';
import type { Failure } from '../../schemas/result.ts';
import { problemTypes } from './problems.ts';
import type { Reply } from './reply.ts';

/** A failure that may name several members, as the check of a request's shape does. */
export interface RequestFailure extends Failure {
  readonly errors?: Problem['errors'];
}

/** The reply to a failure: RFC 9457 problem details, with the headers that belong to its kind. */
export const problemReply = (failure: RequestFailure, correlationId: string): Reply => {
  const { status, title, retryAfter } = problemTypes[failure.code];
  const problem: Problem = {
    type: `/problems/${failure.code}`,
    title,
    status,
    code: failure.code,
    detail: failure.detail,
    ...(failure.pointer !== undefined && { pointer: failure.pointer }),
    ...(failure.errors !== undefined && { errors: failure.errors }),
    correlationId,
  };
  return {
    status,
    mediaType: 'application/problem+json',
    body: JSON.stringify(problem),
    headers: {
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(status === 401 && { 'www-authenticate': challenge(failure.code) }),
    },
  };
};

/** RFC 6750 section 3. */
const challenge = (code: Failure['code']) =>
  code === 'token-missing' ? 'Bearer' : 'Bearer error="invalid_token"';
