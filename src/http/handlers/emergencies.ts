import { ok } from '../../../schemas/result.ts';
import { declareEmergency } from '../../consent/decide.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { agentOf, carryOut, payloadOf } from './command.ts';

/** Breaking the glass. It needs no consent, nor a patient who is known (SEMANTICS S6.2). */
export const emergencyHandlers = (services: Services): Pick<Handlers, 'declareEmergency'> => ({
  async declareEmergency(exchange) {
    const { principal, body } = exchange;
    const { patient, ...terms } = body;
    const asked = { ...terms, declarationId: services.uuid(), agent: agentOf(principal) };
    const admit = async () => ok(await services.keyring.admit(principal.tenant, patient));
    return carryOut(
      services,
      exchange,
      admit,
      (_record, now) => declareEmergency({ ...asked, now }, services.policy),
      (written) => {
        const { declarationId, until } = payloadOf(written, 'EmergencyAccessDeclared');
        return { declarationId, until };
      },
    );
  },
});
