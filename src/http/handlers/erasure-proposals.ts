import { fail, ok } from '../../../schemas/result.ts';
import { isoOf } from '../../consent/time.ts';
import { isOpen } from '../../erasure/erasure.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { counted } from './reading.ts';

/** Records whose retention is over (docs/erasure.md). Nothing is erased by it: an officer records a request. */
export const erasureProposalHandlers = (services: Services): Pick<Handlers, 'listErasureProposals'> => ({
  async listErasureProposals({ principal, query: { position, ...search } }) {
    const { projections, erasures, retentionPeriods, clock } = services;
    const waited = await counted(services, position);
    if (!waited.ok) return waited;
    const { found, unreadable } = await erasures.of(principal.tenant);
    // Whose erasure it asks for is not known, so that anybody might be proposed who was asked for before.
    if (unreadable.length > 0)
      return fail('record-unreadable', `requests for erasure that cannot be read: ${unreadable.join(', ')}`);
    const asked = found.flatMap(({ erasure }) => (isOpen(erasure) ? (erasure.requested?.subject ?? []) : []));
    const periods = retentionPeriods(principal.tenant);
    const page = await projections.searchRetention(principal.tenant, {
      ...search,
      now: clock(),
      periods,
      except: new Set(asked),
    });
    if (!page.ok) return page;
    const { items, next } = page.value;
    const shown = items.map(({ overSince, forms, consentIds }) => ({
      overSince: isoOf(overSince),
      forms: forms.map(({ formId, endsAt }) => ({ formId, endedAt: isoOf(endsAt) })),
      consentIds: [...consentIds],
    }));
    return ok({ body: { items: shown, ...(next !== undefined && { next }) } });
  },
});
