import type { Question } from '../../../schemas/decision.ts';
import { ok, type Result } from '../../../schemas/result.ts';
import { mayAskFor } from '../../access/may.ts';
import type { Principal } from '../../access/principal.ts';
import type { AskOptions } from '../../decisions/port.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import type { Trace } from '../trace.ts';
import { agentOf } from './command.ts';
import { under } from './pointers.ts';

/** The check, and what was answered. */
export const decisionHandlers = (
  services: Services,
): Pick<Handlers, 'askDecision' | 'askDecisions' | 'replayDecision'> => {
  const { decisions, policy } = services;
  const same = (one: string, other: string) => policy.reference(one) === policy.reference(other);

  const mayAsk = (principal: Principal, questions: readonly Question[], pointer: (at: number) => string) => {
    for (const [at, { recipient }] of questions.entries()) {
      const allowed = under(pointer(at), mayAskFor(principal, recipient, same));
      if (!allowed.ok) return allowed;
    }
    return ok(undefined);
  };
  const optionsOf = ({ correlationId }: Trace, position: string | undefined): AskOptions => ({
    correlationId,
    ...(position !== undefined && { position }),
  });

  return {
    async askDecision({ principal, body: { patient, question, position }, trace }) {
      const allowed = mayAsk(principal, [question], () => '/question');
      if (!allowed.ok) return allowed;
      const options = optionsOf(trace, position);
      const answers = await decisions.ask(agentOf(principal), principal.tenant, patient, [question], options);
      return answers.ok ? ok({ body: answers.value[0]! }) : under('/question', answers);
    },

    async askDecisions({ principal, body: { requests, position }, trace }) {
      for (const [at, { questions }] of requests.entries()) {
        const allowed = mayAsk(principal, questions, (which) => `/requests/${at}/questions/${which}`);
        if (!allowed.ok) return allowed;
      }
      const options = optionsOf(trace, position);
      const agent = agentOf(principal);
      const answers = await Promise.all(
        requests.map(({ patient, questions }) =>
          decisions.ask(agent, principal.tenant, patient, questions, options),
        ),
      );
      const all = allOf(answers);
      return all.ok ? ok({ body: { answers: all.value.map((each) => ({ decisions: [...each] })) } }) : all;
    },

    async replayDecision({ principal, params, body }) {
      const replay = await decisions.replay(principal.tenant, body.patient, params.decisionId);
      return replay.ok ? ok({ body: replay.value }) : replay;
    },
  };
};

/** All values, or the first failure, pointing into its request. */
const allOf = <T>(results: readonly Result<T>[]): Result<T[]> => {
  const values: T[] = [];
  for (const [at, result] of results.entries()) {
    if (!result.ok) return under(`/requests/${at}/questions`, result);
    values.push(result.value);
  }
  return ok(values);
};
