import { ok } from '../../../schemas/result.ts';
import { instantOf, isoOf, spanOf } from '../../consent/time.ts';
import { consentsAt } from '../consent-view.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { counted, knownPatient, patientUnknown, reached } from './reading.ts';

type PatientReads = 'patientConsents' | 'patientHistory' | 'patientDisclosures';

/** What is recorded of one patient. */
export const patientHandlers = (services: Services): Pick<Handlers, PatientReads> => {
  const { records, decisions, policy } = services;
  const { timeZone } = policy.settings;

  return {
    async patientConsents({ principal, body }) {
      const waited = await reached(services, body.position);
      if (!waited.ok) return waited;
      const key = await knownPatient(services, principal.tenant, body.patient);
      if (!key.ok) return key;
      const settled = await records.settled(principal.tenant, key.value, 'whole');
      if (!settled.ok) return settled;
      const { record, now } = settled.value;
      if (record.revision < 0 || record.erased) return patientUnknown;
      const at = (text: string | undefined) => (text === undefined ? now : instantOf(text, timeZone));
      const validAt = at(body.validAt);
      const knownAt = Math.min(at(body.knownAt), now);
      const { revision } = record;
      const consents = consentsAt(record, validAt, knownAt);
      return ok({ body: { validAt: isoOf(validAt), knownAt: isoOf(knownAt), revision, consents }, revision });
    },

    async patientHistory({ principal, body }) {
      const waited = await reached(services, body.position);
      if (!waited.ok) return waited;
      const key = await knownPatient(services, principal.tenant, body.patient);
      if (!key.ok) return key;
      const history = await records.history(principal.tenant, key.value, body.from, body.limit + 1);
      if (!history.ok) return history;
      if (body.from === 0 && history.value.length === 0) return patientUnknown;
      const page = history.value.slice(0, body.limit);
      const events = page.map(({ revision, id, type, recordedAt, payload }) => ({
        revision,
        id,
        type,
        recordedAt: isoOf(recordedAt),
        payload: { ...payload },
      }));
      const next = history.value[body.limit]?.revision;
      return ok({ body: { events, ...(next !== undefined && { next }) } });
    },

    async patientDisclosures({ principal, body }) {
      const { patient, period, limit, cursor, position } = body;
      const waited = await counted(services, position);
      if (!waited.ok) return waited;
      const found = await decisions.disclosures(principal.tenant, patient, spanOf(period ?? {}, timeZone), {
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      if (!found.ok) return found;
      const { items, next } = found.value;
      const lines = items.map((line) => ({ ...line, recordedAt: isoOf(line.recordedAt) }));
      return ok({ body: { items: lines, ...(next !== undefined && { next }) } });
    },
  };
};
