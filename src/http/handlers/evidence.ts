import { z } from 'zod';
import { fail, ok, type Result } from '../../../schemas/result.ts';
import type { Proofs, Under } from '../../evidence/port.ts';
import { cursorOf, placeOf } from '../../projections/cursor.ts';
import { patientStream } from '../../record/streams.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { counted, knownPatient, reached } from './reading.ts';

type EvidenceReads =
  | 'readCheckpoint'
  | 'signCheckpoint'
  | 'proveEvents'
  | 'proveDecisions'
  | 'receiveReceipt';

const eventPlace = z.tuple([z.int().min(0)]);
const decisionPlace = z.tuple([z.int(), z.int(), z.int()]);

/** What is signed, and what follows from it. */
export const evidenceHandlers = (services: Services): Pick<Handlers, EvidenceReads> => {
  const { evidence, projections } = services;

  const shown = (signed: Awaited<ReturnType<typeof evidence.latest>>) => {
    if (!signed.ok) return signed;
    const { note, origin, size, root, heads, recordedAt } = signed.value;
    const hashes = { root: root.toString('hex'), heads: heads.toString('hex') };
    return ok({
      body: { note, origin, size, ...hashes, recordedAt, verifiers: [...evidence.verifiers] },
    });
  };

  return {
    readCheckpoint: async () => shown(await evidence.latest()),

    signCheckpoint: async () => shown(await evidence.checkpoint()),

    async proveEvents({ principal, body: { patient, since, limit, cursor, position } }) {
      const waited = await reached(services, position);
      if (!waited.ok) return waited;
      const key = await knownPatient(services, principal.tenant, patient);
      if (!key.ok) return key;
      const place = cursor === undefined ? [0] : placeOf(cursor, eventPlace);
      if (place === undefined) return foreignCursor;
      const from = place[0]!;
      const proven = await evidence.proveEvents(patientStream(key.value.subject), { from, limit, since });
      if (!proven.ok) return proven;
      const { events, head } = proven.value;
      const more = from + events.length < (head.found?.count ?? 0) && events.length === limit;
      return ok({
        body: { ...under(proven.value), events, ...(more && { next: cursorOf([from + limit]) }) },
      });
    },

    async proveDecisions({ principal, body: { patient, since, limit, cursor, position } }) {
      const waited = await counted(services, position);
      if (!waited.ok) return waited;
      const key = await knownPatient(services, principal.tenant, patient);
      if (!key.ok) return key;
      const place = cursor === undefined ? undefined : placeOf(cursor, decisionPlace);
      if (cursor !== undefined && place === undefined) return foreignCursor;
      const after = place && { recordedAt: place[0], index: place[1], entry: place[2] };
      if (!(await projections.caughtUp(services.limits.positionWaitMs))) return beingCounted;
      const { subject } = key.value;
      const found = projections.disclosures(subject, {}, after, limit + 1);
      const proven = await evidence.proveDecisions(subject, found.slice(0, limit), since);
      if (!proven.ok) return proven;
      const { decisions, size } = proven.value;
      const last = found[limit - 1];
      const more = last !== undefined && (found[limit]?.index ?? size + 1) <= size;
      const next = more && { next: cursorOf([last.recordedAt, last.index, last.entry]) };
      return ok({ body: { ...under(proven.value), decisions, ...next } });
    },

    async receiveReceipt({ principal, body: { patient, revision, position } }) {
      const waited = await reached(services, position);
      if (!waited.ok) return waited;
      const key = await knownPatient(services, principal.tenant, patient);
      if (!key.ok) return key;
      const receipt = await evidence.receipt(patientStream(key.value.subject), revision);
      return receipt.ok ? ok({ body: receipt.value }) : receipt;
    },
  };
};

const foreignCursor: Result<never> = fail(
  'invalid-request',
  'This cursor was not given for these proofs',
  '/cursor',
);
const beingCounted: Result<never> = fail('position-pending', 'What was logged is still being counted here');

/** What stands beside the proofs of every page. */
const under = ({ checkpoint, head, consistency }: Under<Pick<Proofs, 'head' | 'consistency'>>) => ({
  checkpoint: checkpoint.note,
  head,
  ...(consistency && { consistency }),
});
