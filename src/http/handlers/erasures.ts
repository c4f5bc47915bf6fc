import type { ErasureTerms, Officer } from '../../../schemas/erasure.ts';
import { eventDefinitions } from '../../../schemas/events/registry.ts';
import { fail, ok, type Result } from '../../../schemas/result.ts';
import type { Principal } from '../../access/principal.ts';
import { endsByForm, retentionEnds } from '../../consent/retention.ts';
import { standings } from '../../consent/standing.ts';
import type { PatientRecord } from '../../consent/state.ts';
import { instantOf, isoOf } from '../../consent/time.ts';
import { certificateOf } from '../../erasure/certificate.ts';
import {
  amend,
  approve,
  extend,
  liftHold,
  placeHold,
  recordErased,
  reject,
  request,
  tell,
} from '../../erasure/decide.ts';
import type { Erasure } from '../../erasure/erasure.ts';
import type { DecideErasure } from '../../erasure/erasures.ts';
import { type Bearing, bearingOf, eventsByType } from '../../erasure/preview.ts';
import { listRecipients } from '../../erasure/recipients.ts';
import { patientStream } from '../../record/streams.ts';
import type { Written } from '../../record/written.ts';
import { heardWithin } from '../../store/port.ts';
import type { SubjectKey } from '../../vault/keyring.ts';
import { erasureView, summaryOf } from '../erasure-view.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { agentOf, answerTo } from './command.ts';
import { knownPatient } from './reading.ts';

type ErasureRoutes =
  | 'requestErasure'
  | 'listErasures'
  | 'readErasure'
  | 'previewErasure'
  | 'amendErasure'
  | 'extendErasure'
  | 'placeHold'
  | 'liftHold'
  | 'approveErasure'
  | 'rejectErasure'
  | 'tellRecipient'
  | 'erasureCertificate';

/** A request that writes to a request for erasure that is there. */
interface OnErasure {
  readonly principal: Principal;
  readonly params: { readonly erasureId: string };
  command(about: unknown): Parameters<Services['erasures']['execute']>[3];
}

const officerOf = (principal: Principal): Officer => ({
  ...agentOf(principal),
  ...(principal.person !== undefined && { person: principal.person }),
});

/** Requests for erasure, from receipt to certificate (docs/erasure.md). */
export const erasureHandlers = (services: Services): Pick<Handlers, ErasureRoutes> => {
  const { erasures, evidence, keyring, records, eventLog, projections, policy, clock, limits } = services;
  const { timeZone } = policy.settings;
  const soonDays = services.erasureSoonDays;

  const execute = async (exchange: OnErasure, decide: DecideErasure) => {
    const { principal, params, command } = exchange;
    const { erasureId } = params;
    const written = await erasures.execute(principal.tenant, erasureId, decide, command([erasureId]));
    return written.ok ? answer(erasureId, written.value) : written;
  };

  /** The record that an open request is about, with the key that opens it. */
  const recordOf = async (
    tenant: string,
    { status, requested }: Erasure,
  ): Promise<
    Result<{ readonly key: SubjectKey; readonly record: PatientRecord; readonly bearing: Bearing }>
  > => {
    if (status !== 'requested' || !requested) return fail('erasure-decided', `it is ${status} already`);
    const heard = heardWithin(eventLog, limits.maxStalenessMs);
    if (!heard.ok) return heard;
    const { subject } = requested;
    const key = await keyring.keyOf(subject);
    if (key === undefined) return recordErased;
    const record = await records.load(tenant, { subject, key }, 'whole');
    if (!record.ok) return record;
    const bearing = bearingOf(record.value, Date.parse(requested.receivedAt), policy, clock());
    return ok({ key: { subject, key }, record: record.value, bearing });
  };

  return {
    async requestErasure({ principal, body, command }) {
      const { patient, receivedAt, ...terms } = body;
      const key = await knownPatient(services, principal.tenant, patient);
      if (!key.ok) return key;
      const asked = { subject: key.value.subject, patient, terms, officer: officerOf(principal) };
      const context = command(['erasures', patient]);
      const decide: DecideErasure = (erasure, now) => {
        const received = receivedAt === undefined ? now : instantOf(receivedAt, timeZone);
        return request(erasure, { ...asked, receivedAt: received }, now, timeZone);
      };
      const written = await erasures.open(principal.tenant, decide, context);
      return written.ok ? answer(written.value.erasureId, written.value) : written;
    },

    async listErasures({ principal, query }) {
      const { found, unreadable } = await erasures.of(principal.tenant);
      const items = found
        .flatMap(({ erasureId, erasure }) => summaryOf(erasureId, erasure, clock(), soonDays) ?? [])
        .filter(({ status }) => query.status === undefined || status === query.status)
        .filter(({ urgency }) => query.urgency === undefined || urgency === query.urgency)
        .toSorted((one, other) => (one.dueAt < other.dueAt ? -1 : 1));
      return ok({ body: { items, unreadable: [...unreadable] } });
    },

    async readErasure({ principal, params: { erasureId } }) {
      const found = await erasures.find(principal.tenant, erasureId);
      if (!found.ok) return found;
      const body = erasureView(erasureId, found.value, clock(), soonDays);
      return body ? ok({ body, revision: found.value.revision }) : unknownErasure;
    },

    async previewErasure({ principal, params: { erasureId } }) {
      const found = await erasures.find(principal.tenant, erasureId);
      if (!found.ok) return found;
      const about = await recordOf(principal.tenant, found.value);
      if (!about.ok) return about;
      const { key, record, bearing } = about.value;
      const parts = { log: eventLog, projections, definitions: eventDefinitions };
      const listed = await listRecipients({ ...parts, waitMs: limits.positionWaitMs }, key);
      if (!listed.ok) return listed;
      const { revision } = found.value;
      const ends = endsByForm(record, standings(record.consents));
      const over = retentionEnds(ends, services.retentionPeriods(principal.tenant));
      return ok({
        body: {
          revision,
          recordRevision: bearing.recordRevision,
          recordedSince: bearing.recordedSince.map((heard) => ({
            ...heard,
            recordedAt: isoOf(heard.recordedAt),
          })),
          destroyed: { consents: record.consents.length, recipients: [...listed.value.recipients] },
          remains: { events: eventsByType(eventLog, key.subject) },
          ...(over !== undefined && over <= clock() && { retentionOverSince: isoOf(over) }),
          turnedToPermit: [...bearing.turnedToPermit],
        },
        revision,
      });
    },

    async amendErasure(exchange) {
      const terms: ErasureTerms = exchange.body;
      return execute(exchange, (erasure) => amend(erasure, terms, officerOf(exchange.principal)));
    },

    async extendErasure(exchange) {
      const { principal, body } = exchange;
      return execute(exchange, (erasure) => extend(erasure, body.reason, officerOf(principal), timeZone));
    },

    async placeHold(exchange) {
      const { principal, body } = exchange;
      const holdId = services.uuid();
      const hold = { ...body, holdId, officer: officerOf(principal) };
      const written = await erasures.execute(
        principal.tenant,
        exchange.params.erasureId,
        (erasure) => placeHold(erasure, hold),
        exchange.command([exchange.params.erasureId]),
      );
      if (!written.ok) return written;
      const placed = written.value.events[0]!.payload as typeof hold;
      return answerTo(written.value, { erasureId: exchange.params.erasureId, holdId: placed.holdId });
    },

    async liftHold(exchange) {
      const { principal, params, body } = exchange;
      const lifted = { holdId: params.holdId, reason: body.reason, officer: officerOf(principal) };
      return execute(exchange, (erasure) => liftHold(erasure, lifted));
    },

    async approveErasure(exchange) {
      const { principal, params, body } = exchange;
      const found = await erasures.find(principal.tenant, params.erasureId);
      if (!found.ok) return found;
      const about = await recordOf(principal.tenant, found.value);
      // Where it was decided before, a retry is answered with what it wrote then.
      if (!about.ok && about.error.code !== 'erasure-decided') return about;
      const bearing = about.ok ? about.value.bearing : undefined;
      const approval = {
        approved: body.revision,
        ...(body.recordRevision !== undefined && { recordRevision: body.recordRevision }),
        ...(body.suppression && { suppression: body.suppression }),
        officer: officerOf(principal),
      };
      const forgetRefusals = body.forgetRefusals === true;
      const approved = await execute(exchange, (erasure) =>
        approve(erasure, approval, bearing, forgetRefusals),
      );
      if (approved.ok) services.erasuresApproved();
      return approved;
    },

    async rejectErasure(exchange) {
      const { principal, body } = exchange;
      return execute(exchange, (erasure) => reject(erasure, { ...body, officer: officerOf(principal) }));
    },

    async tellRecipient(exchange) {
      const { principal, body } = exchange;
      return execute(exchange, (erasure) => tell(erasure, { ...body, officer: officerOf(principal) }));
    },

    async erasureCertificate({ principal, params: { erasureId } }) {
      const found = await erasures.find(principal.tenant, erasureId);
      if (!found.ok) return found;
      const { requested, destruction, executed } = found.value;
      if (!requested || !destruction || !executed) return fail('erasure-state', 'it is not executed yet');
      const page = { from: destruction.closedRevision, limit: 1 };
      const proven = await evidence.proveEvents(patientStream(requested.subject), page);
      if (!proven.ok) return proven;
      const { checkpoint, events, head } = proven.value;
      const [event] = events;
      const proof = event && { checkpoint: checkpoint.note, event, head };
      const certificate = proof && certificateOf(found.value, { erasureId, tenant: principal.tenant, proof });
      if (certificate === undefined) return fail('erasure-state', 'no checkpoint covers it yet');
      const signed = evidence.certify('consent-ledger-erasure+json', certificate);
      return ok({ body: { certificate, signed } });
    },
  };
};

const answer = (erasureId: string, written: Written) => answerTo(written, { erasureId });
const unknownErasure = fail('erasure-unknown', 'there is no such request');
