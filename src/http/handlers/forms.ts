import { fail, ok } from '../../../schemas/result.ts';
import type { FormVersion } from '../../consent/forms.ts';
import { isoOf } from '../../consent/time.ts';
import type { Handlers } from '../exchange.ts';
import type { Services } from '../services.ts';
import { agentOf, answerTo } from './command.ts';

const shown = (form: FormVersion) => ({ ...form, recordedAt: isoOf(form.recordedAt) });

/** The forms that consents are given under. */
export const formHandlers = ({
  forms,
}: Services): Pick<Handlers, 'publishForm' | 'listForms' | 'readForm'> => ({
  async publishForm({ principal, body, command }) {
    const published = { ...body, agent: agentOf(principal) };
    const { formId, version } = body;
    const written = await forms.publish(principal.tenant, published, command(['forms']));
    return written.ok ? answerTo(written.value, { formId, version }) : written;
  },

  async listForms({ principal }) {
    const versions = await forms.list(principal.tenant);
    return ok({ body: { forms: versions.map(shown) }, revision: versions.at(-1)?.revision ?? -1 });
  },

  async readForm({ principal, params }) {
    const all = await forms.list(principal.tenant);
    const versions = all.filter(({ formId }) => formId === params.formId);
    return versions.length === 0
      ? fail('form-unknown', 'no version of this form was published')
      : ok({ body: { versions: versions.map(shown) } });
  },
});
