import type { z } from 'zod';
import type { FailureCode } from '../failures.ts';
import type { AccessAction } from './scopes.ts';

/** Members of a URL, which arrive as text; never anything of a person. */
type UrlMembers = z.ZodObject;

/** What every route of the contract says; from this table come the routes of the server and the OpenAPI document. */
interface Contract {
  readonly method: 'get' | 'post' | 'delete';
  /** With parameters in braces, as in `/forms/{formId}`. */
  readonly path: string;
  readonly summary: string;
  readonly tag:
    | 'consents'
    | 'decisions'
    | 'patients'
    | 'emergencies'
    | 'forms'
    | 'evidence'
    | 'exports'
    | 'erasures'
    | 'operations';
}

/** A route that acts for a principal: JSON in, and JSON out unless it says otherwise. */
export interface ApiRoute extends Contract {
  readonly access: AccessAction;
  readonly params?: UrlMembers;
  readonly query?: UrlMembers;
  readonly body?: z.ZodType;
  readonly status: 200 | 201;
  readonly response: z.ZodType;
  /** What is answered where it is not JSON: it is sent as it comes. */
  readonly mediaType?: string;
  /** `cohort`: its body may name many patients, and has a limit of its own. */
  readonly bodyLimit?: 'cohort';
  /**
   * It appends to a stream: it takes Idempotency-Key and If-Match, and answers with an ETag. `once`: it takes
   * Idempotency-Key alone.
   */
  readonly writes?: true | 'once';
  /** The failures of its own, besides those of every route. */
  readonly failures: readonly FailureCode[];
}

/** A route that is open to all, and tells nothing of anybody. */
export interface PublicRoute extends Contract {
  readonly access: 'public';
  readonly params?: UrlMembers;
  readonly statuses: readonly number[];
  readonly mediaType: string;
}

export const route = <const Route extends ApiRoute>(definition: Route): Route => definition;
export const publicRoute = <const Route extends PublicRoute>(definition: Route): Route => definition;
