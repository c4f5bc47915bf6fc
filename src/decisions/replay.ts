import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { askAgain, isSameAnswer } from '../consent/ask-again.ts';
import { fold } from '../consent/evolve.ts';
import { emptyRecord, type PatientEvent, type PatientRecord, suppressedRecord } from '../consent/state.ts';
import type { Records } from '../record/records.ts';
import type { LocalLog } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import type { Replay } from './port.ts';
import { policyOf } from './settings-log.ts';

/**
 * Asks a recorded question again: of the record up to the revision that the answer rested on, with the effective
 * times of the answer, under the settings that it was given under (SEMANTICS S1.2, S7.6).
 */
export const replayEntry = async (
  {
    records,
    log,
  }: { readonly records: Pick<Records, 'history'>; readonly log: Pick<LocalLog, 'streamSlice'> },
  tenant: string,
  subjectKey: SubjectKey,
  recorded: DecisionEntry,
): Promise<Result<Replay>> => {
  const { revision } = recorded.answer;
  const policy = policyOf(log, recorded.settings);
  if (!policy.ok) return policy;
  const events = await eventsUpTo(records, tenant, subjectKey, revision);
  if (!events.ok) return events;
  const record = revision < 0 ? noRecordOf(recorded) : fold(emptyRecord, events.value);
  const replayed = askAgain(recorded, record, policy.value);
  if (!replayed.ok) return replayed;
  return ok({ recorded, replayed: replayed.value, same: isSameAnswer(replayed.value, recorded.answer) });
};

const eventsUpTo = async (
  records: Pick<Records, 'history'>,
  tenant: string,
  subjectKey: SubjectKey,
  revision: number,
): Promise<Result<readonly PatientEvent[]>> =>
  revision < 0 ? ok([]) : records.history(tenant, subjectKey, 0, revision + 1);

/**
 * What an answer rested on where there was no record: nothing, or a suppression entry, which is in no log. Without one
 * an unknown patient is denied as such only where the implicit policy says nothing, and then both say the same.
 */
const noRecordOf = ({ answer }: DecisionEntry): PatientRecord | undefined =>
  answer.items.every(({ reason }) => reason === 'unknown-patient') ? suppressedRecord : undefined;
