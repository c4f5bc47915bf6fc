import type { ErasureOfficers, ErasureStatement } from '../../schemas/erasure.ts';
import type { LocalLog } from '../store/port.ts';
import type { Keyring } from '../vault/keyring.ts';
import { statementOf } from './certificate.ts';
import { foldErasure } from './fold.ts';

interface StatedParts {
  readonly log: Pick<LocalLog, 'streamSlice'>;
  readonly keyring: Pick<Keyring, 'keyOf'>;
  /** Of the key store. */
  readonly epochs: { list(): readonly { readonly epoch: number }[] };
}

/**
 * What is stated of a request, and whether its epoch is retired by now: all that there are come after it. Absent where
 * it is not executed yet, or was forgotten. Rejects with EnvelopeBroken and UnknownEvent where the log cannot be read.
 */
export const statedOf = async (
  { log, keyring, epochs }: StatedParts,
  erasureId: string,
): Promise<(ErasureStatement & ErasureOfficers & { readonly epochRetired?: boolean }) | undefined> => {
  const key = await keyring.keyOf(erasureId);
  const stated = key && statementOf(erasureId, foldErasure(log, { subject: erasureId, key }));
  const epoch = stated?.irrecoverableOnceEpochRetired;
  return stated === undefined || epoch === undefined
    ? stated
    : { ...stated, epochRetired: epochs.list().every((one) => one.epoch > epoch) };
};
