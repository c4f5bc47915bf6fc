import type { Identifier } from '../../../schemas/coding.ts';
import type { Agent } from '../../../schemas/events/define.ts';
import { ok, type Result } from '../../../schemas/result.ts';
import type { Principal } from '../../access/principal.ts';
import { emptyRecord, type PatientEvent } from '../../consent/state.ts';
import { isoOf } from '../../consent/time.ts';
import { revisionRefusal } from '../../record/command.ts';
import { onSubject } from '../../record/on-subject.ts';
import type { Decide } from '../../record/records.ts';
import type { CommandContext, Written } from '../../record/written.ts';
import type { SubjectKey } from '../../vault/keyring.ts';
import type { Services } from '../services.ts';

/** A request that writes to the record of a patient. */
interface PatientCommand {
  readonly principal: Principal;
  readonly body: { readonly patient: Identifier };
  command(about: unknown): CommandContext;
}

/**
 * Carries a command out on the record of whom `find` gives, and answers with where its events stand and with what
 * `named` says of them; on a retry they are those that the first try wrote.
 */
export const carryOut = async <Named extends object>(
  { records, keyring }: Services,
  { principal, body, command }: PatientCommand,
  find: () => Promise<Result<SubjectKey>>,
  decide: Decide,
  named: (written: Written) => Named,
) => {
  const result = await onSubject(keyring, find, (key) =>
    records.execute(principal.tenant, key, decide, command(body.patient)),
  );
  return result.ok ? answerTo(result.value, named(result.value)) : result;
};

/**
 * The subject of a patient. One who is not known yet is admitted where the command may be carried out: what is refused
 * leaves nothing in the vault.
 */
export const admitted = async (
  { keyring, clock }: Services,
  { principal: { tenant }, body: { patient }, command }: PatientCommand,
  decide: Decide,
): Promise<Result<SubjectKey>> => {
  const known = await keyring.find(tenant, patient);
  if (known !== undefined) return ok(known);
  const decided = revisionRefusal(emptyRecord, command(patient)) ?? decide(emptyRecord, clock());
  return decided.ok ? ok(await keyring.admit(tenant, patient)) : decided;
};

/** The answer to a write. The commands of this interface never write nothing, so there is a position. */
export const answerTo = <Named extends object>(written: Written, named: Named) => {
  const { revision, position, recordedAt, replayed } = written;
  const body = { ...named, revision, position: position!, recordedAt: isoOf(recordedAt) };
  return ok({ body, revision, replayed });
};

/** Who recorded it, as it stands in events. */
export const agentOf = ({ issuer, subject, organisation }: Principal): Agent => ({
  issuer,
  subject,
  ...(organisation !== undefined && { organisation }),
});

type PayloadOf<Type> = Extract<PatientEvent, { readonly type: Type }>['payload'];

/** The payload of the event of this type that a command wrote. */
export const payloadOf = <Type extends PatientEvent['type']>(
  { events }: Written,
  type: Type,
): PayloadOf<Type> => events.find((event) => event.type === type)!.payload as PayloadOf<Type>;
