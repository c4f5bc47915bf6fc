import {
  type DecisionEntry,
  decisionEntry,
  olderDecisionEntries,
} from '../../schemas/events/decisions-recorded.ts';
import type { Millis } from '../../schemas/instant.ts';
import { askAgain, isSameAnswer } from '../consent/ask-again.ts';
import { fold } from '../consent/evolve.ts';
import type { Policy } from '../consent/policy.ts';
import { emptyRecord, type PatientEvent, type PatientRecord } from '../consent/state.ts';

/** The opened events of one patient, by which logged answers about this patient are worked out again. */
export class PatientAnswers {
  readonly #events: PatientEvent[] = [];
  /** Of the last answer: most rest on the same events as the one before. */
  #folded: { readonly length: number; readonly record: PatientRecord | undefined } | undefined;

  add(event: PatientEvent): void {
    this.#events.push(event);
  }

  /**
   * Why a logged answer does not follow: from all events that were recorded by the moment it says it knew
   * (SEMANTICS S1.3), under the settings that it names; undefined where it does. `version`: of the event that holds it.
   */
  reasonAgainst(
    payload: unknown,
    version: number,
    policies: ReadonlyMap<string, Policy>,
  ): string | undefined {
    const entry = entryOf(payload, version);
    if (typeof entry === 'string') return entry;
    const { settings, answer } = entry;
    const policy = policies.get(settings);
    if (policy === undefined) return 'the settings that it was given under are not in the export';
    const length = this.#knownBy(Date.parse(answer.knownAt));
    if (answer.revision >= length) return 'it rests on an event that was not known by then';
    const again = askAgain(entry, this.#recordOf(length), policy);
    if (!again.ok) return `its question has no answer: ${again.error.detail}`;
    // An answer about an earlier moment may name an earlier event, where those between changed nothing.
    const same = isSameAnswer({ ...again.value, revision: answer.revision }, answer);
    return same ? undefined : 'from these events another answer follows';
  }

  #knownBy(moment: Millis): number {
    return this.#events.findLastIndex(({ recordedAt }) => recordedAt <= moment) + 1;
  }

  #recordOf(length: number): PatientRecord | undefined {
    if (this.#folded?.length !== length) {
      const record = length === 0 ? undefined : fold(emptyRecord, this.#events.slice(0, length));
      this.#folded = { length, record };
    }
    return this.#folded?.record;
  }
}

const older = olderDecisionEntries.length;

/** A logged answer in its newest version; a sentence where it is none. */
const entryOf = (payload: unknown, version: number): DecisionEntry | string => {
  const schema = version === older + 1 ? decisionEntry : olderDecisionEntries[version - 1]?.schema;
  if (schema === undefined) return `this verifier does not know version ${version} of it: take a newer one`;
  if (!schema.safeParse(payload).success) return 'it is not a logged answer';
  return olderDecisionEntries
    .slice(version - 1)
    .reduce<unknown>((entry, step) => step.upcast(entry), payload) as DecisionEntry; // As the newest schema has it.
};
