import type { z } from 'zod';
import type { consentRoutes, GrantBody } from '../../../schemas/http/consents.ts';
import { ok, type Result } from '../../../schemas/result.ts';
import type { Principal } from '../../access/principal.ts';
import { correct, type GrantCommand, grant, invalidate, revoke } from '../../consent/decide.ts';
import type { Decide } from '../../record/records.ts';
import type { Written } from '../../record/written.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { admitted, agentOf, carryOut, payloadOf } from './command.ts';
import { under } from './pointers.ts';
import { knownPatient } from './reading.ts';

type ConsentWrites = 'grantConsent' | 'revokeConsent' | 'invalidateConsent' | 'correctConsent';
type Terms = Omit<GrantBody, 'patient'> | z.output<typeof consentRoutes.correctConsent.body>['grant'];

const granted = (written: Written) => ({ consentId: payloadOf(written, 'ConsentGranted').consentId });

/** What patients agree to, refuse and withdraw. */
export const consentHandlers = (services: Services): Pick<Handlers, ConsentWrites> => {
  const { forms, policy, uuid } = services;

  /** The command that a body asks for: with the form as it was published, and an id where it has none. */
  const grantOf = async (principal: Principal, { form, ...terms }: Terms): Promise<Result<GrantCommand>> => {
    const used = form === undefined ? undefined : await forms.used(principal.tenant, form);
    if (used?.ok === false) return used;
    return ok({
      ...terms,
      consentId: terms.consentId ?? uuid(),
      ...(used && { form: used.value }),
      agent: agentOf(principal),
    });
  };

  return {
    async grantConsent(exchange) {
      const { principal, body } = exchange;
      const { patient: _, ...terms } = body;
      const asked = await grantOf(principal, terms);
      if (!asked.ok) return asked;
      const decide: Decide = (record) => grant(record, asked.value, policy);
      const admit = () => admitted(services, exchange, decide);
      return carryOut(services, exchange, admit, decide, granted);
    },

    async revokeConsent(exchange) {
      const { principal, params, body } = exchange;
      const { patient, ...terms } = body;
      const asked = { ...params, ...terms, agent: agentOf(principal) };
      const known = () => knownPatient(services, principal.tenant, patient);
      return carryOut(
        services,
        exchange,
        known,
        (record) => revoke(record, asked, policy),
        () => params,
      );
    },

    async invalidateConsent(exchange) {
      const { principal, params, body } = exchange;
      const asked = { ...params, reason: body.reason, agent: agentOf(principal) };
      const known = () => knownPatient(services, principal.tenant, body.patient);
      return carryOut(
        services,
        exchange,
        known,
        (record) => invalidate(record, asked),
        () => params,
      );
    },

    async correctConsent(exchange) {
      const { principal, params, body } = exchange;
      const replacement = under('/grant', await grantOf(principal, body.grant));
      if (!replacement.ok) return replacement;
      const asked = { ...params, reason: body.reason, agent: agentOf(principal), grant: replacement.value };
      const known = () => knownPatient(services, principal.tenant, body.patient);
      return carryOut(services, exchange, known, (record) => correct(record, asked, policy), granted);
    },
  };
};
