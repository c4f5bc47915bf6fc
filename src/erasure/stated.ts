import type { ErasureStatement } from '../../schemas/erasure.ts';
import type { StatedErasure } from '../../schemas/export/package.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { statementOf } from './certificate.ts';
import { foldErasure } from './fold.ts';

/** Of an epoch whose key is destroyed: when, where that is known. */
interface Retirement {
  readonly retiredAt?: string;
}

interface StatedParts {
  readonly log: Pick<LocalLog, 'streamSlice'>;
  readonly keyring: Pick<Keyring, 'keyOf'>;
  /** Of the key store (EpochKeys). */
  readonly epochs: { retirementOf(epoch: number): Promise<Retirement | undefined> };
}

/**
 * For one run of an export: gives what is stated of a request, and whether its epoch is retired by now, and since when.
 * Each epoch is looked up once, so that a run says the same of it throughout. Absent where the request is not executed
 * yet, or was forgotten. Rejects with EnvelopeBroken and UnknownEvent where the log cannot be read, and with
 * KeysRefused where the key store cannot.
 */
export const statingIn = ({ log, keyring, epochs }: StatedParts) => {
  const known = new Map<number, Retirement | undefined>();
  const retirementOf = async (epoch: number): Promise<Retirement | undefined> => {
    if (!known.has(epoch)) known.set(epoch, await epochs.retirementOf(epoch));
    return known.get(epoch);
  };
  return async (erasureId: string): Promise<StatedErasure | undefined> => {
    const key = await keyring.keyOf(erasureId);
    const stated = key && statementOf(erasureId, foldErasure(log, { subject: erasureId, key }));
    const epoch = stated?.irrecoverableOnceEpochRetired;
    return stated === undefined || epoch === undefined
      ? stated
      : { ...stated, ...retired(await retirementOf(epoch), stated) };
  };
};

/**
 * An epoch that ended before the data key was destroyed is not the last that this was wrapped under: then the moment is
 * not known.
 */
const retired = (
  retirement: Retirement | undefined,
  { unreadableSince }: ErasureStatement,
): Pick<StatedErasure, 'epochRetired' | 'irrecoverableSince'> => {
  const at = retirement?.retiredAt;
  return {
    epochRetired: retirement !== undefined,
    ...(at !== undefined && at >= unreadableSince && { irrecoverableSince: at }),
  };
};
