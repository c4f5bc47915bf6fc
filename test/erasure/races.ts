import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ok } from '../../schemas/result.ts';
import { openLedgerDecisions } from '../../src/app.ts';
import type { Decisions } from '../../src/decisions/port.ts';
import { onSubject } from '../../src/record/on-subject.ts';
import { patientStream } from '../../src/record/streams.ts';
import { questionOf } from '../http/kit.ts';
import { agent, consent, good, granting } from '../record/kit.ts';
import { approvedErasure, type ErasingLedger, tenant } from './saga-kit.ts';

/** What came of the rounds; all counts but `rounds` say how much was in flight. */
export interface Races {
  readonly rounds: number;
  readonly granted: number;
  readonly refused: number;
  readonly permits: number;
  readonly denials: number;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const hands = 3;

/**
 * Erases a patient while others grant, and ask, without pause: before, during and after. Rejects where an event follows
 * PatientErased, where a question that was put after the stream was closed is permitted, or where the one who comes
 * again is not a new subject. `onRound` is told of each.
 */
export const race = async (
  erasing: ErasingLedger,
  rounds: number,
  onRound: (round: number) => void = () => {},
): Promise<Races> => {
  const decisions = good(await openLedgerDecisions(erasing.ledger));
  const sum = { rounds, granted: 0, refused: 0, permits: 0, denials: 0 };
  for (let round = 0; round < rounds; round += 1) {
    await oneRound(erasing, decisions, `race-${round}`, sum);
    onRound(round);
  }
  return sum;
};

const oneRound = async (
  erasing: ErasingLedger,
  decisions: Decisions,
  value: string,
  sum: { granted: number; refused: number; permits: number; denials: number },
): Promise<void> => {
  const { keyring, records, store } = erasing.ledger;
  const { patient, subject, erasureId } = await approvedErasure(erasing, value);
  const key = { subject, key: (await keyring.keyOf(subject))! };
  let running = true;
  let closed = false;

  /** With the key of the old subject, as a node has it that has not heard. */
  const grants = async (): Promise<void> => {
    for (; running; await turn()) {
      const late = closed;
      const written = await records.execute(
        tenant,
        key,
        granting(consent({ rules: [{ type: 'permit' }] })),
        {},
      );
      if (written.ok) sum.granted += 1;
      else sum.refused += 1;
      assert.ok(!(late && written.ok), 'a grant was written to a closed stream');
      if (written.ok) continue;
      assert.equal(written.error.code, 'patient-erased');
      await sleep(1); // A refusal waits for nothing; without this there would be room for nothing else.
    }
  };
  const asks = async (): Promise<void> => {
    for (; running; await turn()) {
      const late = closed;
      const answered = good(await decisions.ask(agent, tenant, patient, [questionOf() as never]));
      const isPermit = answered[0]?.answer.items[0]?.decision === 'permit';
      if (isPermit) sum.permits += 1;
      else sum.denials += 1;
      assert.ok(!(late && isPermit), 'a question that was put after the closing was permitted');
    }
  };
  const inFlight = Array.from({ length: hands }, () => [grants(), asks()]).flat();
  const result = await erasing.carryOut(
    erasureId,
    (_name, port) => port,
    (step) => {
      closed ||= step === 'hear';
    },
  );
  await turn();
  running = false;
  await Promise.all(inFlight);
  assert.deepEqual(result, ok(undefined));

  const types = store.streamSlice(patientStream(subject), 0).map(({ type }) => type);
  assert.equal(types.indexOf('PatientErased'), types.length - 1, 'an event follows PatientErased');
  const admit = async () => ok(await keyring.admit(tenant, patient));
  const again = await onSubject(keyring, admit, (fresh) => records.execute(tenant, fresh, granting(), {}));
  assert.equal(good(again).revision, 0);
  assert.notEqual((await keyring.find(tenant, patient))?.subject, subject);
};
