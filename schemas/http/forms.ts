import { z } from 'zod';
import { combining } from '../events/form-published.ts';
import { instant } from '../instant.ts';
import { revision, written } from './common.ts';
import { route } from './route.ts';

const text = (max: number) => z.string().min(1).max(max);
export const formId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, 'letters, digits and . _ : -')
  .describe('Id of a form; it stands in URLs, so nothing of a person');
export const version = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'letters, digits and . _ : -')
  .describe('Of the form; it stands in an index, so nothing of a person');

const shape = {
  formId,
  version,
  combining: combining.describe('How consents under this form stand to each other; one for all its versions'),
  title: text(500),
  language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 language tag'),
  textSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
    .describe('Of the text that is shown'),
};

const formVersion = z.strictObject({ ...shape, revision, recordedAt: instant }).meta({ id: 'FormVersion' });

export const formRoutes = {
  publishForm: route({
    method: 'post',
    path: '/forms',
    tag: 'forms',
    summary: 'Publish a version of a consent form',
    access: 'publish-form',
    body: z.strictObject(shape).meta({ id: 'Form' }),
    status: 201,
    response: z.strictObject({ formId, version, ...written.shape }).meta({ id: 'WrittenForm' }),
    writes: true,
    failures: [
      'form-version-exists',
      'form-combining-differs',
      'revision-mismatch',
      'write-contention',
      'outcome-unknown',
      'idempotency-key-reused',
    ],
  }),
  listForms: route({
    method: 'get',
    path: '/forms',
    tag: 'forms',
    summary: 'The forms of the tenant, every version, in the order of publication',
    access: 'read-forms',
    status: 200,
    response: z.strictObject({ forms: z.array(formVersion) }).meta({ id: 'Forms' }),
    failures: [],
  }),
  readForm: route({
    method: 'get',
    path: '/forms/{formId}',
    tag: 'forms',
    summary: 'The versions of one form, oldest first',
    access: 'read-forms',
    params: z.strictObject({ formId }),
    status: 200,
    response: z.strictObject({ versions: z.array(formVersion) }).meta({ id: 'FormVersions' }),
    failures: ['form-unknown'],
  }),
};
