import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import type { ApiRoute } from '../../schemas/http/route.ts';
import { apiRoutes, publicRoutes } from '../../schemas/http/routes.ts';
import type { Principal } from '../access/principal.ts';
import type { Handler } from './exchange.ts';
import { allHandlers } from './handlers/all.ts';
import { problemReply, type RequestFailure } from './problem-reply.ts';
import { publicHandlers } from './public.ts';
import { createRateLimit } from './rate-limit.ts';
import { type Reply, send } from './reply.ts';
import { expressPath, serve } from './serve.ts';
import type { Services } from './services.ts';
import { traceOf } from './trace.ts';

/**
 * The HTTP interface: one Express route for each route of the contract, and nothing else. A request for the very path
 * of a route that takes nothing from its URL is handed straight to it: the work of Express, which is to find the
 * route, costs as much as a decision.
 */
export const createHttpApp = (services: Services): RequestListener => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);

  const withinLimit = createRateLimit(services.limits.ratePerSecond, services.clock);
  const withinRate = ({ tenant, issuer, subject }: Principal) =>
    withinLimit(`${issuer}\n${tenant}\n${subject}`);

  const handlers = allHandlers(services);
  const straight = new Map<string, RequestListener>();
  for (const [id, route] of Object.entries(apiRoutes) as [keyof typeof apiRoutes, ApiRoute][]) {
    const handler = handlers[id] as unknown as Handler<ApiRoute>;
    const listener = serve(services, route, handler, withinRate);
    app[route.method](expressPath(route.path), listener);
    if (!route.params && !route.query) straight.set(`${route.method.toUpperCase()} ${route.path}`, listener);
  }

  const open = publicHandlers(services);
  for (const [id, route] of Object.entries(publicRoutes)) {
    const handle = open[id as keyof typeof publicRoutes];
    app[route.method](expressPath(route.path), async (request, response) => {
      send(response, await handle(request));
    });
  }

  const refuse = (
    request: Request,
    response: Response,
    failure: RequestFailure,
    headers: Reply['headers'] = {},
  ) => {
    const { correlationId } = traceOf(request.headers.traceparent, services.uuid);
    const reply = problemReply(failure, correlationId);
    send(response, { ...reply, headers: { ...reply.headers, ...headers } });
  };

  const everyRoute = [...Object.values(apiRoutes), ...Object.values(publicRoutes)];
  for (const [path, routes] of Map.groupBy(everyRoute, ({ path }) => path)) {
    const allow = routes.map(({ method }) => method.toUpperCase()).join(', ');
    app.all(expressPath(path), (request, response) => {
      refuse(request, response, { code: 'method-not-allowed', detail: `allowed: ${allow}` }, { allow });
    });
  }
  app.use((request, response) => {
    refuse(request, response, { code: 'not-found', detail: 'there is no such route' });
  });

  const broken: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    if (error instanceof URIError) {
      refuse(request, response, { code: 'not-found', detail: 'the path is not well-formed' });
      return;
    }
    services.log.error('request broke', { error });
    refuse(request, response, { code: 'internal', detail: 'the request could not be carried out' });
  };
  app.use(broken);
  return (request, response) => (straight.get(`${request.method} ${request.url}`) ?? app)(request, response);
};
