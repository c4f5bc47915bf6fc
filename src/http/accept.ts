import type { IncomingMessage } from 'node:http';
import type { ApiRoute } from '../../schemas/http/route.ts';
import { fail, ok } from '../../schemas/result.ts';
import { may } from '../access/may.ts';
import type { Principal } from '../access/principal.ts';
import { requestHash } from '../record/commitment.ts';
import { checkShape } from './check-shape.ts';
import type { Exchange } from './exchange.ts';
import { type Preconditions, preconditionsOf, requestIdOf } from './preconditions.ts';
import type { RequestFailure } from './problem-reply.ts';
import { readBody } from './read-body.ts';
import type { Transport } from './services.ts';
import type { Trace } from './trace.ts';

export type Accepted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RequestFailure };

/** A request, with what Express found in its URL where the route takes something from there. */
export interface Incoming extends IncomingMessage {
  readonly params?: unknown;
  readonly query?: unknown;
}

const nothing = ok(undefined);
const unconditional = ok<Preconditions>({});

/** Lets requests to one route in: who is asking, whether they may, how fast, and in which shape. */
export const acceptor = (
  transport: Transport,
  route: ApiRoute,
  withinRate: (principal: Principal) => boolean,
) => {
  const { tokens, limits, requestSecret } = transport;
  const bodyLimits =
    route.bodyLimit === undefined ? limits.body : { ...limits.body, bytes: limits.cohortBytes };

  return async (request: Incoming, trace: Trace): Promise<Accepted<Exchange<ApiRoute>>> => {
    const found = await tokens.principalOf(request.headers.authorization);
    if (!found.ok) return found;
    const principal = found.value;
    if (!withinRate(principal)) return fail('rate-limited', 'this principal sends too many requests');
    const allowed = may(principal, route.access);
    if (!allowed.ok) return allowed;
    const conditions = route.writes ? preconditionsOf(request.headers) : unconditional;
    if (!conditions.ok) return conditions;
    const params = route.params ? checkShape(route.params, request.params, 'path') : nothing;
    if (!params.ok) return params;
    const query = route.query ? checkShape(route.query, request.query, 'query') : nothing;
    if (!query.ok) return query;
    const json = route.body ? await readBody(request, bodyLimits) : nothing;
    if (!json.ok) return json;
    const body = route.body ? checkShape(route.body, json.value, 'body') : nothing;
    if (!body.ok) return body;

    const { idempotencyKey, expectedRevision } = conditions.value;
    const command: Exchange<ApiRoute>['command'] = (about) => ({
      ...trace,
      expectedRevision,
      ...(idempotencyKey !== undefined && {
        requestId: requestIdOf(requestSecret, principal, JSON.stringify(about), idempotencyKey),
        requestHash: requestHash([route.method, route.path, request.params ?? {}, json.value]),
      }),
    });
    const parts = { params: params.value, query: query.value, body: body.value };
    return ok({ principal, ...parts, trace, command } as Exchange<ApiRoute>);
  };
};
