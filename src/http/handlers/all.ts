import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { consentHandlers } from './consents.ts';
import { decisionHandlers } from './decisions.ts';
import { emergencyHandlers } from './emergencies.ts';
import { erasureProposalHandlers } from './erasure-proposals.ts';
import { erasureHandlers } from './erasures.ts';
import { evidenceHandlers } from './evidence.ts';
import { exportHandlers } from './exports.ts';
import { formHandlers } from './forms.ts';
import { operationHandlers } from './operations.ts';
import { patientHandlers } from './patients.ts';
import { restrictionHandlers } from './restrictions.ts';

/** One handler for each operation of the contract. */
export const allHandlers = (services: Services): Handlers => ({
  ...decisionHandlers(services),
  ...consentHandlers(services),
  ...patientHandlers(services),
  ...emergencyHandlers(services),
  ...formHandlers(services),
  ...evidenceHandlers(services),
  ...exportHandlers(services),
  ...restrictionHandlers(services),
  ...erasureHandlers(services),
  ...erasureProposalHandlers(services),
  ...operationHandlers(services),
});
