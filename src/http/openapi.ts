import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { FailureCode } from '../../schemas/failures.ts';
import { problem } from '../../schemas/http/common.ts';
import type { ApiRoute, PublicRoute } from '../../schemas/http/route.ts';
import { apiRoutes, publicRoutes } from '../../schemas/http/routes.ts';
import { permissions } from '../access/may.ts';
import { problemTypes } from './problems.ts';

type Json = { readonly [name: string]: unknown };

/** The failures that any route with a principal can meet. */
const common: readonly FailureCode[] = [
  'invalid-request',
  'token-missing',
  'token-invalid',
  'scope-missing',
  'rate-limited',
  'keys-unavailable',
  'timed-out',
  'stopping',
  'vault-unavailable',
  'record-unreadable',
  'internal',
];
const withBody: readonly FailureCode[] = ['media-type-unsupported', 'body-too-large'];
const writing: readonly FailureCode[] = ['store-full', 'store-unavailable'];

/** JSON Schemas, with those that have an id gathered under `components`. */
const createGatherer = () => {
  const components: Record<string, unknown> = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const json = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
    const { $defs = {}, $schema: _, ...root } = relocated(json);
    for (const [name, definition] of Object.entries($defs as Json)) {
      if (Object.hasOwn(components, name) && !isDeepStrictEqual(components[name], definition)) {
        throw new Error(`two schemas have the id ${name}`);
      }
      components[name] = definition;
    }
    return root;
  };
  return { components, schemaOf };
};

/** References into `$defs` become references into the components of the document. */
const relocated = (json: object): Json =>
  JSON.parse(JSON.stringify(json), (name, value) =>
    name === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : value,
  ) as Json;

const problemReference = { $ref: '#/components/schemas/Problem' };

/** One response for each status, naming the failures that have it. */
const failuresOf = (codes: readonly FailureCode[]): Json => {
  const byStatus = Map.groupBy([...new Set(codes)].toSorted(), (code) => problemTypes[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `\`${code}\`: ${problemTypes[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: problemReference } },
      },
    ]),
  );
};

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});
const writeHeaders = [
  header(
    'Idempotency-Key',
    'Chosen by the caller for each request, so that it can be repeated: what was written then is answered, with Idempotency-Replayed. Kept for a day, at most 1,000 a record.',
  ),
  header('If-Match', 'An ETag: the write is refused where the record has changed since'),
];
const headersOf = ({ writes }: ApiRoute) =>
  writes === undefined ? [] : writes === 'once' ? writeHeaders.slice(0, 1) : writeHeaders;
const traceHeader = header('traceparent', 'W3C Trace Context: kept in events and log lines');

const parameters = (route: ApiRoute | PublicRoute, schemaOf: (schema: z.ZodType) => Json) => {
  const of = (place: 'path' | 'query', members: z.ZodObject | undefined) => {
    if (members === undefined) return [];
    const { properties = {}, required = [] } = schemaOf(members);
    return Object.entries(properties as Json).map(([name, schema]) => {
      const isRequired = (required as readonly string[]).includes(name);
      return { name, in: place, required: isRequired, schema };
    });
  };
  return [...of('path', route.params), ...of('query', 'query' in route ? route.query : undefined)];
};

/** This contract, as an OpenAPI 3.1 document: made of the table of routes that the server itself is made of. */
export const openApiDocument = (): Json => {
  const { components, schemaOf } = createGatherer();
  const input = (schema: z.ZodType) => schemaOf(schema, 'input');

  const operation = (id: string, route: ApiRoute): Json => ({
    operationId: id,
    summary: route.summary,
    tags: [route.tag],
    description: `Scope: ${permissions[route.access].map((scope) => `\`${scope}\``).join(' or ')}.`,
    security: permissions[route.access].map((scope) => ({ token: [scope] })),
    parameters: [...parameters(route, input), ...headersOf(route), traceHeader],
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: input(route.body) } } },
    }),
    responses: {
      [route.status]: {
        description: 'Done',
        content: { [route.mediaType ?? 'application/json']: { schema: schemaOf(route.response, 'output') } },
        ...(route.writes === true && {
          headers: {
            ETag: { description: 'Revision of the record', schema: { type: 'string' } },
            'Idempotency-Replayed': {
              description: 'true where the request had been carried out before',
              schema: { type: 'string' },
            },
          },
        }),
      },
      ...failuresOf([
        ...common,
        ...(route.body ? withBody : []),
        ...(route.writes === true || route.access === 'ask' ? writing : []),
        ...route.failures,
      ]),
    },
  });

  const publicOperation = (id: string, route: PublicRoute): Json => ({
    operationId: id,
    summary: route.summary,
    tags: [route.tag],
    security: [],
    parameters: parameters(route, input),
    responses: Object.fromEntries(
      route.statuses.map((status) => [
        status,
        { description: status < 300 ? 'Done' : 'Not so', content: { [route.mediaType]: {} } },
      ]),
    ),
  });

  const paths: Record<string, Record<string, Json>> = {};
  const put = (route: ApiRoute | PublicRoute, described: Json) => {
    paths[route.path] = { ...paths[route.path], [route.method]: described };
  };
  for (const [id, route] of Object.entries(apiRoutes)) put(route, operation(id, route));
  for (const [id, route] of Object.entries(publicRoutes)) put(route, publicOperation(id, route));
  schemaOf(problem, 'output');

  return {
    openapi: '3.1.1',
    info: {
      title: 'Consent Ledger',
      version: '1',
      description:
        'May this recipient use this patient’s data, for this purpose, at this moment? Identifiers of patients stand in bodies only. Times are FHIR dateTimes; partial dates are read in the time zone of the ledger.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token (RFC 9068)',
        },
      },
    },
  };
};
