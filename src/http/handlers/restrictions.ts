import { liftRestriction, restrict } from '../../consent/decide.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { agentOf, carryOut, payloadOf } from './command.ts';
import { knownPatient } from './reading.ts';

/** Restriction of processing (GDPR Art. 18). */
export const restrictionHandlers = (
  services: Services,
): Pick<Handlers, 'placeRestriction' | 'liftRestriction'> => ({
  async placeRestriction(exchange) {
    const { principal, body } = exchange;
    const { patient, ...terms } = body;
    const placed = { ...terms, restrictionId: services.uuid(), agent: agentOf(principal) };
    return carryOut(
      services,
      exchange,
      () => knownPatient(services, principal.tenant, patient),
      (record) => restrict(record, placed),
      (written) => ({ restrictionId: payloadOf(written, 'RestrictionPlaced').restrictionId }),
    );
  },

  async liftRestriction(exchange) {
    const { principal, params, body } = exchange;
    const lifted = { ...params, reason: body.reason, agent: agentOf(principal) };
    return carryOut(
      services,
      exchange,
      () => knownPatient(services, principal.tenant, body.patient),
      (record) => liftRestriction(record, lifted),
      () => params,
    );
  },
});
