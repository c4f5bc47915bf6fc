import type { ServerResponse } from 'node:http';
import type { ApiRoute } from '../../schemas/http/route.ts';
import type { Result } from '../../schemas/result.ts';
import type { Principal } from '../access/principal.ts';
import { VaultUnavailable } from '../vault/port.ts';
import { acceptor, type Incoming } from './accept.ts';
import type { Answer, Exchange, Handler, Streamed } from './exchange.ts';
import { etagOf } from './preconditions.ts';
import { problemReply, type RequestFailure } from './problem-reply.ts';
import { type Reply, type StreamedReply, send, sendStream } from './reply.ts';
import type { Transport } from './services.ts';
import { type Trace, traceOf } from './trace.ts';

const timedOut: RequestFailure = { code: 'timed-out', detail: 'the request took longer than it may' };
const internal: RequestFailure = { code: 'internal', detail: 'the request could not be carried out' };
const noVault: RequestFailure = { code: 'vault-unavailable', detail: 'the keys cannot be read at present' };

type AnyHandler = (exchange: Exchange<ApiRoute>) => Promise<Result<Answer<ApiRoute> | Streamed>>;

/** How Express writes a path of the contract: `/forms/{formId}` becomes `/forms/:formId`. */
export const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/**
 * The listener of one route of the contract: lets a request in, has it handled, and answers, with a problem
 * where it fails or takes too long.
 */
export const serve = <Route extends ApiRoute>(
  transport: Transport,
  route: Route,
  handle: Handler<Route>,
  withinRate: (principal: Principal) => boolean,
) => {
  const { log, metrics, uuid, limits } = transport;
  const accept = acceptor(transport, route, withinRate);
  const method = route.method.toUpperCase();
  const template = expressPath(route.path);

  const carryOut = async (
    request: Incoming,
    trace: Trace,
  ): Promise<Reply | StreamedReply | RequestFailure> => {
    const accepted = await accept(request, trace);
    if (!accepted.ok) return accepted.error;
    const result = await (handle as unknown as AnyHandler)(accepted.value);
    if (!result.ok) return result.error;
    if ('chunks' in result.value) {
      const { mediaType = 'application/octet-stream', status } = route;
      return { status, mediaType, ...result.value };
    }
    const { body, revision, replayed } = result.value;
    return {
      status: route.status,
      mediaType: 'application/json',
      body: JSON.stringify(body),
      headers: {
        ...(revision !== undefined && { etag: etagOf(revision) }),
        ...(replayed === true && { 'idempotency-replayed': 'true' }),
      },
    };
  };

  return (request: Incoming, response: ServerResponse): void => {
    const begun = performance.now();
    const trace = traceOf(request.headers.traceparent, uuid);

    const finish = (outcome: Reply | StreamedReply | RequestFailure) => {
      clearTimeout(timer);
      if (response.headersSent) return;
      const reply = 'code' in outcome ? problemReply(outcome, trace.correlationId) : outcome;
      if ('chunks' in reply) {
        const cut = (error: unknown) =>
          log.warn('a stream was cut off', { ...trace, method, route: template, error });
        sendStream(response, reply).catch(cut);
      } else send(response, reply);
      const durationMs = performance.now() - begun;
      metrics.served(method, template, reply.status, durationMs / 1000);
      const code = 'code' in outcome ? outcome.code : undefined;
      const fields = { ...trace, method, route: template, status: reply.status, durationMs, code };
      if (reply.status >= 500) log.error('request failed', fields);
      else log.debug('request answered', fields);
    };
    const broke = (error: unknown) => {
      log.error('request broke', { ...trace, method, route: template, error });
      finish(error instanceof VaultUnavailable ? noVault : internal);
    };

    const timer = setTimeout(() => finish(timedOut), limits.requestMs);
    carryOut(request, trace).then(finish).catch(broke);
  };
};
