import { z } from 'zod';
import { uuid } from '../coding.ts';
import { instant } from '../instant.ts';
import { cursor, position } from './common.ts';
import { formId } from './forms.ts';
import { route } from './route.ts';

const proposal = z
  .strictObject({
    overSince: instant.describe('Under each of its forms'),
    forms: z
      .array(z.strictObject({ formId, endedAt: instant.describe('Of the last consent under it') }))
      .min(1),
    consentIds: z
      .array(uuid)
      .max(100)
      .describe('Of the record, at most 100: whoever recorded them knows which patient it is'),
  })
  .meta({ id: 'ErasureProposal' });

export const erasureProposalRoutes = {
  listErasureProposals: route({
    method: 'get',
    path: '/erasure-proposals',
    tag: 'erasures',
    summary: 'Records of the tenant whose retention is over and whose erasure nobody asked for yet',
    access: 'read-erasures',
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: cursor.optional(),
      position: position.optional(),
    }),
    status: 200,
    response: z
      .strictObject({
        items: z.array(proposal),
        next: cursor.optional().describe('There may be more, also where this page has few or none'),
      })
      .meta({ id: 'ErasureProposals' }),
    failures: ['position-pending', 'store-behind', 'record-unreadable'],
  }),
};
