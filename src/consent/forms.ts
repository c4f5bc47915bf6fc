import type { FormPublished } from '../../schemas/events/form-published.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';

/** A version of a form, as it was published. */
export interface FormVersion extends Omit<FormPublished, 'agent'> {
  readonly revision: number;
  readonly recordedAt: Millis;
}

/** A fact that a command led to, before it is recorded. */
export interface FormDecided {
  readonly type: 'FormPublished';
  readonly payload: FormPublished;
}

/**
 * Publishes a version of a form, given all that was published before it.
 *
 * @returns `form-version-exists`; `form-combining-differs`, for that is one for all versions of a form
 */
export const publishForm = (
  published: readonly FormVersion[],
  command: FormPublished,
): Result<readonly FormDecided[]> => {
  const versions = published.filter(({ formId }) => formId === command.formId);
  if (versions.some(({ version }) => version === command.version)) {
    return fail('form-version-exists', 'this version of the form was published before', '/version');
  }
  if (versions.some(({ combining }) => combining !== command.combining)) {
    return fail('form-combining-differs', 'other versions of the form combine otherwise', '/combining');
  }
  return ok([{ type: 'FormPublished', payload: command }]);
};
