import { type SettingsAdopted, settingsAdopted } from '../../schemas/events/settings-adopted.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { compilePolicy, type Policy } from '../consent/policy.ts';
import { plainEvent } from '../record/plain.ts';
import { settingsStream } from '../record/streams.ts';
import { openPayload } from '../record/upcast.ts';
import { type EventStore, type LocalLog, noStream } from '../store/port.ts';

const maxAttempts = 5;

interface Adopted extends SettingsAdopted {
  readonly revision: number;
}

const adoptions = (log: Pick<LocalLog, 'streamSlice'>): Adopted[] =>
  log.streamSlice(settingsStream, 0).map((event) => {
    const stored: unknown = JSON.parse(event.data.toString('utf8'));
    const payload = openPayload([settingsAdopted], event.type, event.metadata.schemaVersion, stored);
    return { ...(payload as SettingsAdopted), revision: event.revision };
  });

/**
 * Records the settings that answers are given under from now on; nothing where they are those adopted last. To be
 * done at start, before the first answer, so that each answer's hash of settings leads to them.
 */
export const adoptSettings = async (parts: {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: Pick<LocalLog, 'streamSlice'>;
  readonly policy: Policy;
  readonly uuid: () => string;
}): Promise<Result<void>> => {
  const { store, log, policy, uuid } = parts;
  const event = plainEvent(settingsAdopted, { hash: policy.hash, settings: policy.settings }, uuid());
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const last = adoptions(log).at(-1);
    if (last?.hash === policy.hash) return ok(undefined);
    const result = await store.append(settingsStream, [event], last?.revision ?? noStream);
    if (result.outcome === 'appended') return ok(undefined);
    if (result.outcome === 'refused') return fail(result.code, 'The settings could not be recorded');
  }
  return fail('outcome-unknown', 'Whether the settings were recorded is not known');
};

/** The policy of recorded settings, by their hash; a failure where they were never adopted. */
export const policyOf = (log: Pick<LocalLog, 'streamSlice'>, hash: string): Result<Policy> => {
  const adopted = adoptions(log).find((candidate) => candidate.hash === hash);
  if (adopted === undefined)
    return fail('record-unreadable', 'The settings of this answer are not in the log');
  return compilePolicy(adopted.settings);
};
