import type { FormPublished } from '../../schemas/events/form-published.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { type FormVersion, publishForm } from '../consent/forms.ts';
import type { Request } from '../consent/state.ts';
import type { EventStore, LocalLog, RecordedEvent } from '../store/port.ts';
import type { Keyring, SubjectKey } from '../vault/keyring.ts';
import { carryOut } from './command.ts';
import { openEnvelope } from './sealing.ts';
import { formStream, formSystem } from './streams.ts';
import { Turns } from './turns.ts';
import { openPayload } from './upcast.ts';
import type { CommandContext, Written } from './written.ts';

const slice = 1000;

/** All forms of one tenant, folded from their stream. */
interface Published {
  readonly revision: number;
  readonly recordedAt: Millis;
  readonly versions: readonly FormVersion[];
  readonly requests: readonly Request[];
}
const none: Published = { revision: -1, recordedAt: 0, versions: [], requests: [] };

export interface FormsOptions {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: LocalLog;
  readonly keyring: Keyring;
  readonly uuid: () => string;
}

/** The consent forms of the tenants: one sealed stream a tenant, for they are few and are listed together. */
export class Forms {
  readonly #options: FormsOptions;
  readonly #published = new Map<string, Published>();
  readonly #turns = new Turns();

  constructor(options: FormsOptions) {
    this.#options = options;
  }

  /** Every version of every form of a tenant, in the order of publication. */
  async list(tenant: string): Promise<readonly FormVersion[]> {
    const key = await this.#options.keyring.find(tenant, { system: formSystem, value: tenant });
    return key === undefined ? [] : (await this.#read(tenant, key)).versions;
  }

  /** The form that a grant names, as the grant records it. Failure: `form-unknown`. */
  async used(
    tenant: string,
    { formId, version }: { readonly formId: string; readonly version: string },
  ): Promise<Result<Pick<FormPublished, 'formId' | 'version' | 'combining' | 'textSha256'>>> {
    const forms = await this.list(tenant);
    const form = forms.find((one) => one.formId === formId && one.version === version);
    if (form === undefined)
      return fail('form-unknown', 'this version of the form was not published', '/form');
    return ok({ formId, version, combining: form.combining, textSha256: form.textSha256 });
  }

  /** Publishes a version. Failures: those of `publishForm`, and those of `carryOut` (command.ts). */
  async publish(tenant: string, command: FormPublished, context: CommandContext): Promise<Result<Written>> {
    const { store, log, keyring, uuid } = this.#options;
    const key = await keyring.admit(tenant, { system: formSystem, value: tenant });
    const read = async () => {
      const record = await this.#read(tenant, key);
      return ok({ record, now: record.recordedAt });
    };
    const target = { tenant, stream: formStream(key.subject), key, read };
    const decide = ({ versions }: Published) => publishForm(versions, command);
    return this.#turns.take(key.subject, () =>
      carryOut({ store, log, uuid, definitions: eventDefinitions }, target, decide, context),
    );
  }

  /** What was published up to now: what is remembered, and the events after it. */
  async #read(tenant: string, key: SubjectKey): Promise<Published> {
    const { log } = this.#options;
    const stream = formStream(key.subject);
    await log.pending(stream);
    let published = this.#published.get(tenant) ?? none;
    for (;;) {
      const events = log.streamSlice(stream, published.revision + 1, slice);
      published = events.reduce((before, event) => add(before, event, key), published);
      this.#published.set(tenant, published);
      if (events.length < slice) return published;
    }
  }
}

const add = (before: Published, event: RecordedEvent, key: SubjectKey): Published => {
  const { payload, requestHash } = openEnvelope(event, key);
  const { agent: _, ...form } = openPayload(
    eventDefinitions,
    event.type,
    event.metadata.schemaVersion,
    payload,
  ) as FormPublished;
  const { revision, recordedAt, id } = event;
  const request = requestHash === undefined ? [] : [{ id, hash: requestHash, revision, recordedAt }];
  return {
    revision,
    recordedAt,
    versions: [...before.versions, { ...form, revision, recordedAt }],
    requests: [...before.requests, ...request],
  };
};
