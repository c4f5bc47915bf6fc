import { consentRoutes } from './consents.ts';
import { decisionRoutes } from './decisions.ts';
import { emergencyRoutes } from './emergencies.ts';
import { erasureProposalRoutes } from './erasure-proposals.ts';
import { erasureRoutes } from './erasures.ts';
import { evidenceRoutes } from './evidence.ts';
import { exportRoutes } from './exports.ts';
import { formRoutes } from './forms.ts';
import { operationRoutes } from './operations.ts';
import { restrictionRoutes } from './restrictions.ts';

export { publicRoutes } from './operations.ts';

/** Every route that acts for a principal, by operation id. The most asked stands first: routes are tried in order. */
export const apiRoutes = {
  ...decisionRoutes,
  ...consentRoutes,
  ...emergencyRoutes,
  ...formRoutes,
  ...evidenceRoutes,
  ...exportRoutes,
  ...restrictionRoutes,
  ...erasureRoutes,
  ...erasureProposalRoutes,
  ...operationRoutes,
};
export type ApiRoutes = typeof apiRoutes;
