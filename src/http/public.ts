import type { Request } from 'express';
import { publicRoutes } from '../../schemas/http/routes.ts';
import { docsPage, pagePolicy, problemPage } from './docs-page.ts';
import { openApiDocument } from './openapi.ts';
import { problemReply } from './problem-reply.ts';
import type { Reply } from './reply.ts';
import type { Services } from './services.ts';

type PublicHandlers = {
  readonly [Id in keyof typeof publicRoutes]: (request: Request) => Reply | Promise<Reply>;
};

/** What is open to all: health, metrics and the contract. Nothing of anybody. */
export const publicHandlers = ({ health, metrics, uuid }: Services): PublicHandlers => {
  const openApi = openApiDocument();
  const openApiText = JSON.stringify(openApi);
  const docs = docsPage(openApi);
  const json = (status: number, body: object): Reply => ({
    status,
    mediaType: publicRoutes.alive.mediaType,
    body: JSON.stringify(body),
  });
  const html = (body: string): Reply => ({
    status: 200,
    mediaType: publicRoutes.docs.mediaType,
    body,
    headers: { 'content-security-policy': pagePolicy },
  });

  return {
    alive: () => json(200, { alive: true }),
    ready: () => {
      const readiness = health.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    },
    metrics: async () => ({ status: 200, mediaType: metrics.contentType, body: await metrics.text() }),
    openapi: () => ({ status: 200, mediaType: publicRoutes.openapi.mediaType, body: openApiText }),
    docs: () => html(docs),
    problem: ({ params }) => {
      const described = problemPage(String(params.code));
      const correlationId = uuid().replaceAll('-', '');
      return described === undefined
        ? problemReply({ code: 'not-found', detail: 'there is no such problem type' }, correlationId)
        : html(described);
    },
  };
};
