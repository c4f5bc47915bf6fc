import { z } from 'zod';
import { instant } from '../instant.ts';
import { publicRoute, route } from './route.ts';

const model = z.strictObject({
  name: z.string(),
  version: z.int(),
  state: z.enum(['running', 'rebuilding', 'stopped']),
  reason: z.string().optional(),
  checkpoint: z.int().describe('Log index up to which it has counted every event'),
  lag: z.int(),
});

const epochs = z
  .strictObject({
    epochs: z
      .array(z.strictObject({ epoch: z.int(), createdAt: instant, current: z.boolean() }))
      .describe('Those whose keys are held, oldest first; more than one while keys are rotated'),
    rotation: z.strictObject({
      running: z
        .strictObject({ done: z.int(), total: z.int() })
        .optional()
        .describe('Data keys looked at, and how many there are. Absent: none is running on this node'),
      last: z
        .strictObject({
          outcome: z.enum(['completed', 'cancelled', 'failed']),
          endedAt: instant,
          rewrapped: z.int().optional().describe('Data keys that were wrapped anew'),
          reason: z.string().optional(),
        })
        .optional()
        .describe('How the last one of this node ended, since it was started'),
    }),
  })
  .meta({ id: 'Epochs' });

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
  readEpochs: route({
    method: 'get',
    path: '/operations/epochs',
    tag: 'operations',
    summary: 'The epochs of the data keys, and how far a rotation is',
    access: 'read-operations',
    status: 200,
    response: epochs,
    failures: [],
  }),
  rotateEpoch: route({
    method: 'post',
    path: '/operations/epochs/rotation',
    tag: 'operations',
    summary:
      'Begin to wrap every data key under a new epoch, after which the old one’s key is destroyed; or go on with what was interrupted',
    access: 'rotate-epochs',
    body: z.strictObject({}),
    status: 200,
    response: epochs,
    failures: [],
  }),
  cancelRotation: route({
    method: 'post',
    path: '/operations/epochs/rotation/cancellation',
    tag: 'operations',
    summary: 'End the rotation of this node where it is; the next one goes on from there',
    access: 'rotate-epochs',
    body: z.strictObject({}),
    status: 200,
    response: epochs,
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
