import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemReply } from './problem-reply.ts';
import { send } from './reply.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Milliseconds within which a request must have arrived whole, and an accepted one must be answered. */
  readonly requestMs: number;
  readonly uuid: () => string;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no new work, finishes what was accepted, and settles when the last connection is closed. */
  stop(): Promise<void>;
}

/** Listens with these request handlers, as an Express app is one. Rejects where the address cannot be had. */
export const startServer = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { host, port, requestMs, uuid }: ServerOptions,
): Promise<HttpServer> => {
  let stopping = false;
  const limits = { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: 1000 };
  const server = createServer(limits, (request, response) => {
    if (!stopping) return handle(request, response);
    const failure = { code: 'stopping', detail: 'this node is stopping' } as const;
    response.shouldKeepAlive = false;
    return send(response, problemReply(failure, uuid().replaceAll('-', '')));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      stopping = true;
      // a connection that is kept alive becomes idle only when its last answer is out
      const closing = setInterval(() => server.closeIdleConnections(), 20);
      const overdue = setTimeout(() => server.closeAllConnections(), requestMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearInterval(closing);
      clearTimeout(overdue);
    },
  };
};
