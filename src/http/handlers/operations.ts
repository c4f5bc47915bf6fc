import { ok } from '../../../schemas/result.ts';
import { isoOf } from '../../consent/time.ts';
import type { ConsentRow } from '../../projections/port.ts';
import type { RotationEnd } from '../../vault/rotations.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { counted } from './reading.ts';

/** What the search shows of a consent: not the subject, which is nobody's business outside. */
const shown = ({ subject: _, tenant: __, signedAt, endsAt, ...row }: ConsentRow) => ({
  ...row,
  signedAt: isoOf(signedAt),
  ...(endsAt !== undefined && { endsAt: isoOf(endsAt) }),
});

const shownEnd = (end: RotationEnd) => ({
  outcome: end.kind,
  endedAt: isoOf(end.endedAt),
  ...(end.kind === 'completed' && { rewrapped: end.rewrapped }),
  ...(end.kind === 'failed' && { reason: end.reason }),
});

/** Across patients: random ids, codes and times. */
export const operationHandlers = (
  services: Services,
): Pick<
  Handlers,
  'searchConsents' | 'operationsStatus' | 'readEpochs' | 'rotateEpoch' | 'cancelRotation'
> => {
  const { projections, health, eventLog, policy, epochs, rotations } = services;
  const shownEpochs = () => {
    const { running, last } = rotations;
    const { current } = epochs;
    return ok({
      body: {
        epochs: epochs.list().map((one) => ({ ...one, current: one.epoch === current })),
        rotation: { ...(running && { running }), ...(last && { last: shownEnd(last) }) },
      },
    });
  };
  return {
    async searchConsents({ principal, query: { position, endsFrom, endsUntil, ...search } }) {
      const waited = await counted(services, position);
      if (!waited.ok) return waited;
      const found = projections.searchConsents(principal.tenant, {
        ...search,
        ...(endsFrom !== undefined && { endsFrom: Date.parse(endsFrom) }),
        ...(endsUntil !== undefined && { endsUntil: Date.parse(endsUntil) }),
      });
      if (!found.ok) return found;
      const { items, next } = found.value;
      return ok({ body: { items: items.map(shown), ...(next !== undefined && { next }) } });
    },

    async operationsStatus() {
      const { ready, checks } = health.readiness();
      const models = projections.status().map((model) => ({ ...model }));
      return ok({
        body: { ready, checks: { ...checks }, log: { head: eventLog.head() }, models, settings: policy.hash },
      });
    },

    readEpochs: async () => shownEpochs(),

    async rotateEpoch() {
      rotations.begin();
      return shownEpochs();
    },

    async cancelRotation() {
      rotations.cancel();
      return shownEpochs();
    },
  };
};
