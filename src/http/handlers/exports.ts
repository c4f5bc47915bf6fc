import { exportKinds } from '../../../schemas/export/package.ts';
import type { ExportShown } from '../../../schemas/http/exports.ts';
import { ok, type Result } from '../../../schemas/result.ts';
import { mayExport } from '../../access/may.ts';
import type { Principal } from '../../access/principal.ts';
import { isoOf, spanOf } from '../../consent/time.ts';
import type { Exports, ExportView } from '../../reporting/port.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { agentOf } from './command.ts';

type ExportRouteId =
  | 'askExport'
  | 'listExports'
  | 'readExport'
  | 'watchExport'
  | 'readDocument'
  | 'readPackage'
  | 'cancelExport';

/** Reports for regulators and patients. */
export const exportHandlers = (services: Services): Pick<Handlers, ExportRouteId> => {
  const { exports, policy } = services;

  /** An export of the tenant, of a kind that this principal may see. */
  const seen = async (
    principal: Principal,
    { exportId }: { readonly exportId: string },
  ): Promise<Result<ExportView>> => {
    const view = await exports.get(principal.tenant, exportId);
    if (!view.ok) return view;
    const allowed = mayExport(principal, view.value.kind);
    return allowed.ok ? view : allowed;
  };

  return {
    async askExport({ principal, body, command }) {
      const { kind, language, cohort, reason } = body;
      const allowed = mayExport(principal, kind);
      if (!allowed.ok) return allowed;
      const period = body.period && spanOf(body.period, policy.settings.timeZone);
      const asked = { kind, language, cohort, reason, ...(period && { period }) };
      const made = await exports.ask(principal.tenant, agentOf(principal), asked, command('exports'));
      return made.ok ? ok({ body: shown(made.value.view), replayed: made.value.replayed }) : made;
    },

    async listExports({ principal, query }) {
      const kinds = exportKinds.filter((kind) => mayExport(principal, kind).ok);
      const page = await exports.list(principal.tenant, { kinds, ...query });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map(shown), ...(next !== undefined && { next }) } });
    },

    async readExport({ principal, params }) {
      const view = await seen(principal, params);
      return view.ok ? ok({ body: shown(view.value) }) : view;
    },

    async watchExport({ principal, params }) {
      const view = await seen(principal, params);
      return view.ok ? ok({ chunks: eventsOf(exports, principal.tenant, params.exportId) }) : view;
    },

    async readDocument({ principal, params }) {
      const view = await seen(principal, params);
      if (!view.ok) return view;
      const document = await exports.document(principal.tenant, params.exportId);
      if (!document.ok) return document;
      const { bytes, chunks } = document.value;
      return ok({ chunks, bytes, fileName: `export-${params.exportId}.pdf` });
    },

    async readPackage({ principal, params }) {
      const view = await seen(principal, params);
      if (!view.ok) return view;
      const found = await exports.package(principal.tenant, params.exportId);
      return found.ok ? ok({ ...found.value, fileName: `export-${params.exportId}.jsonl` }) : found;
    },

    async cancelExport({ principal, params }) {
      const view = await seen(principal, params);
      if (!view.ok) return view;
      const cancelled = await exports.cancel(principal.tenant, params.exportId);
      return cancelled.ok ? ok({ body: shown(cancelled.value) }) : cancelled;
    },
  };
};

/** Server-sent events (HTML Living Standard, 9.2): each is the whole of how the export stands. */
async function* eventsOf(exports: Exports, tenant: string, exportId: string): AsyncGenerator<Uint8Array> {
  for await (const view of exports.watch(tenant, exportId))
    yield Buffer.from(`event: export\ndata: ${JSON.stringify(shown(view))}\n\n`, 'utf8');
}

const shown = (view: ExportView): ExportShown => {
  const { exportId, kind, language, status, failure, about, document, finishedAt, expiresAt } = view;
  const { share, ...progress } = view.progress;
  return {
    ...{ exportId, kind, language, status },
    ...(failure !== undefined && { failure }),
    createdAt: isoOf(view.createdAt),
    ...(about && {
      requestedBy: about.requestedBy,
      cohort: about.cohort,
      ...(about.reason !== undefined && { reason: about.reason }),
      ...(about.period && { period: about.period }),
    }),
    progress: { ...progress, percent: Math.floor(share * 1000) / 10 },
    ...(finishedAt !== undefined && { finishedAt: isoOf(finishedAt) }),
    ...(expiresAt !== undefined && { expiresAt: isoOf(expiresAt) }),
    ...(document && { document }),
  };
};
