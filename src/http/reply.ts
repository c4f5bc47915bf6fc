import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** A whole answer, ready to be sent. */
export interface Reply {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is sent as it comes. */
export interface StreamedReply {
  readonly status: number;
  readonly mediaType: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly bytes?: number;
  readonly fileName?: string;
}

/** On every answer: nothing is cached, framed, sniffed or loaded (OWASP REST security). */
const guards = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Sends it in one piece; a reply to a request that was answered already, as by its time limit, is dropped. */
export const send = (response: ServerResponse, { status, mediaType, body, headers }: Reply): void => {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...guards,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
};

/**
 * Sends it at the pace at which it is taken. Rejects where it cannot be sent whole: the connection is then cut, so that
 * nobody takes a part for the whole.
 */
export const sendStream = async (
  response: ServerResponse,
  { status, mediaType, chunks, bytes, fileName }: StreamedReply,
): Promise<void> => {
  response.writeHead(status, {
    ...guards,
    'content-type': mediaType,
    ...(bytes !== undefined && { 'content-length': bytes }),
    ...(fileName !== undefined && { 'content-disposition': `attachment; filename="${fileName}"` }),
  });
  await pipeline(chunks, response);
};
