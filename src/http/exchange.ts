import type { z } from 'zod';
import type { ApiRoute } from '../../schemas/http/route.ts';
import type { ApiRoutes } from '../../schemas/http/routes.ts';
import type { Result } from '../../schemas/result.ts';
import type { Principal } from '../access/principal.ts';
import type { CommandContext } from '../record/written.ts';
import type { Trace } from './trace.ts';

type Part<Route, Name extends string> = Route extends { readonly [N in Name]: infer Shape extends z.ZodType }
  ? z.output<Shape>
  : undefined;

/** A request that was accepted: its sender is known and may do this, and each part has the shape of the contract. */
export interface Exchange<Route extends ApiRoute> {
  readonly principal: Principal;
  readonly params: Part<Route, 'params'>;
  readonly query: Part<Route, 'query'>;
  readonly body: Part<Route, 'body'>;
  readonly trace: Trace;
  /** What a command on the stream of `about` comes with: trace, and what Idempotency-Key and If-Match say. */
  command(about: unknown): CommandContext;
}

export interface Answer<Route extends ApiRoute> {
  readonly body: z.input<Route['response']>;
  /** Revision of the stream that it is about; becomes the ETag. */
  readonly revision?: number;
  /** Of a request that was carried out before under the same Idempotency-Key. */
  readonly replayed?: boolean;
}

/** An answer that is not JSON: it is sent as it comes. */
export interface Streamed {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How many bytes it has, where that is known. */
  readonly bytes?: number;
  /** Under which it is to be saved. */
  readonly fileName?: string;
}

export type Handler<Route extends ApiRoute> = (
  exchange: Exchange<Route>,
) => Promise<Result<Route extends { readonly mediaType: string } ? Streamed : Answer<Route>>>;

/** One for each operation of the contract. */
export type Handlers = { readonly [Id in keyof ApiRoutes]: Handler<ApiRoutes[Id]> };
