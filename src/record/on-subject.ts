import type { Result } from '../../schemas/result.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';

/**
 * Works on the record of the subject that `find` gives. Where its stream turns out to be closed, as it may be for a
 * subject out of a cache, the caches forget it and `find` is asked once more: for a new subject, or for none.
 */
export const onSubject = async <T>(
  { forget }: Pick<Keyring, 'forget'>,
  find: () => Promise<Result<SubjectKey>>,
  work: (key: SubjectKey) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const found = await find();
  if (!found.ok) return found;
  const result = await work(found.value);
  if (result.ok || result.error.code !== 'patient-erased') return result;
  forget(found.value.subject);
  const again = await find();
  if (!again.ok) return again;
  return again.value.subject === found.value.subject ? result : work(again.value);
};
