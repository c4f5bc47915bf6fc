import { z } from 'zod';
import { publicRoute, route } from './route.ts';

const model = z.strictObject({
  name: z.string(),
  version: z.int(),
  state: z.enum(['running', 'rebuilding', 'stopped']),
  reason: z.string().optional(),
  checkpoint: z.int().describe('Log index up to which it has counted every event'),
  lag: z.int(),
});

export const operationRoutes = {
  operationsStatus: route({
    method: 'get',
    path: '/operations/status',
    tag: 'operations',
    summary: 'How the log and each read model stand',
    access: 'read-operations',
    status: 200,
    response: z
      .strictObject({
        ready: z.boolean(),
        checks: z.record(z.string(), z.strictObject({ ready: z.boolean(), code: z.string().optional() })),
        log: z.strictObject({ head: z.int().describe('Index of the last event') }),
        models: z.array(model),
        settings: z.string().describe('Hash of the settings that answers are given under'),
      })
      .meta({ id: 'Status' }),
    failures: [],
  }),
};

const json = 'application/json';
const html = 'text/html; charset=utf-8';

export const publicRoutes = {
  alive: publicRoute({
    method: 'get',
    path: '/healthz',
    tag: 'operations',
    summary: 'Whether the process answers at all',
    access: 'public',
    statuses: [200],
    mediaType: json,
  }),
  ready: publicRoute({
    method: 'get',
    path: '/readyz',
    tag: 'operations',
    summary: 'Whether requests should be sent here: 503 while it starts, stops, or a part has failed',
    access: 'public',
    statuses: [200, 503],
    mediaType: json,
  }),
  metrics: publicRoute({
    method: 'get',
    path: '/metrics',
    tag: 'operations',
    summary: 'Metrics, for Prometheus; nothing of a person or a tenant',
    access: 'public',
    statuses: [200],
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
  }),
  openapi: publicRoute({
    method: 'get',
    path: '/openapi.json',
    tag: 'operations',
    summary: 'This contract, as OpenAPI 3.1',
    access: 'public',
    statuses: [200],
    mediaType: json,
  }),
  docs: publicRoute({
    method: 'get',
    path: '/docs',
    tag: 'operations',
    summary: 'This contract, as a page',
    access: 'public',
    statuses: [200],
    mediaType: html,
  }),
  problem: publicRoute({
    method: 'get',
    path: '/problems/{code}',
    tag: 'operations',
    summary: 'What a problem type means',
    access: 'public',
    params: z.strictObject({ code: z.string() }),
    statuses: [200, 404],
    mediaType: html,
  }),
};
