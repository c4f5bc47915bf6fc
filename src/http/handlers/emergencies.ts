import { declareEmergency } from '../../consent/decide.ts';
import type { Decide } from '../../record/records.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { admitted, agentOf, carryOut, payloadOf } from './command.ts';

/** Breaking the glass. It needs no consent, nor a patient who is known (SEMANTICS S6.2). */
export const emergencyHandlers = (services: Services): Pick<Handlers, 'declareEmergency'> => ({
  async declareEmergency(exchange) {
    const { principal, body } = exchange;
    const { patient: _, ...terms } = body;
    const asked = { ...terms, declarationId: services.uuid(), agent: agentOf(principal) };
    const decide: Decide = (_record, now) => declareEmergency({ ...asked, now }, services.policy);
    const admit = () => admitted(services, exchange, decide);
    return carryOut(services, exchange, admit, decide, (written) => {
      const { declarationId, until } = payloadOf(written, 'EmergencyAccessDeclared');
      return { declarationId, until };
    });
  },
});
