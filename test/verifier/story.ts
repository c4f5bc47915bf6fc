import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type DecisionEntry, decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import type { ExportErasure, ExportEvent, ExportRecord } from '../../schemas/export/package.ts';
import { liftRestriction, restrict } from '../../src/consent/decide.ts';
import { entriesRoot } from '../../src/decisions/entries-tree.ts';
import { commitEntry, sealEntry } from '../../src/decisions/entry.ts';
import type { Decision } from '../../src/decisions/port.ts';
import { decisionStream } from '../../src/record/streams.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { asker, type DecisionKit, patientOf, question, withDecisions } from '../decisions/kit.ts';
import { agent, consent, good, granting, revoking, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { type Asked, recordsOf, type Told } from './kit.ts';

const until = Date.parse('2026-05-01T00:00:00.000Z');

const ask = async ({ decisions }: DecisionKit, values: readonly string[], changes = {}) =>
  Promise.all(
    values.map(async (value) =>
      good(await decisions.ask(asker, tenant, patientOf(value), [{ ...question, ...changes }])),
    ),
  );

const walkOf = ({ records }: Told) => records.flatMap((one) => (one.record === 'heads' ? one.walk : []));

type Lie = (told: Decision['answer']) => Pick<DecisionEntry, 'question' | 'answer'>;

/** What may be logged in place of an answer that was given. */
export const lies: Readonly<Record<string, Lie>> = {
  'is permitted, whatever the events say': (answer) => {
    const items = answer.items.map((item) => ({ ...item, reason: 'permitted' as const }));
    return { question, answer: { ...answer, items } };
  },
  'is about another moment than was asked about': (answer) => ({
    question: { ...question, validAt: '2026-01-01T08:00:00.000Z' },
    answer,
  }),
  'rests on an event that there is not': (answer) => ({
    question,
    answer: { ...answer, revision: answer.revision + 50 },
  }),
  'rests on more than was asked about': (answer) => ({
    question: { ...question, knownAt: '2026-03-01T08:00:01.000Z' },
    answer,
  }),
};

/** What the ledger states of the erasure that `event` recorded. */
const statementOf = ({ opened, recordedAt, revision }: ExportEvent): ExportErasure => ({
  record: 'erasure',
  erasureId: opened!.payload.erasureId as string,
  article: '17(1)(b)',
  receivedAt: '2026-02-20T09:00:00.000Z',
  dueAt: '2026-03-20T09:00:00.000Z',
  approvedAt: '2026-02-27T15:00:00.000Z',
  closedAt: recordedAt,
  unreadableSince: recordedAt,
  irrecoverableOnceEpochRetired: 3,
  epochRetired: false,
  recipients: 2,
  recipientsTold: 1,
  exportsRemoved: 0,
  suppressed: '17(3)(b)',
  remains: { what: ['events-sealed', 'proofs'], events: revision + 1 },
});

/** Behind the erasure of the first patient of a register; of the others nothing is stated. */
const withStatement = (records: readonly ExportRecord[]): ExportRecord[] => {
  const at = records.findIndex((one) => one.record === 'event' && one.type === 'PatientErased');
  return records.toSpliced(at + 1, 0, statementOf(records[at] as ExportEvent));
};

/** Logs an answer that was never given. */
const logLie = async ({ store }: DecisionKit, key: SubjectKey, told: Decision, lie: Lie): Promise<void> => {
  const entry = commitEntry({ ...told, agent: asker, ...lie(told.answer) });
  const place = { tenant, stream: decisionStream('node-2'), revision: 0 };
  const entries = [sealEntry(entry, key, place)];
  const commitment = entriesRoot([entry.commitment]);
  const data = Buffer.from(JSON.stringify({ entries }), 'utf8');
  const metadata = { schemaVersion: decisionsRecorded.versions.length, tenant, commitment };
  await store.append(place.stream, [{ id: randomUUID(), type: 'DecisionsRecorded', metadata, data }], -1);
};

/**
 * The records of an export, without its end, from a real ledger: anna was asked about before and after a withdrawal;
 * ben shares events of answers with others, and is under a restriction for a while; carla is erased; nobody is unknown; of dora there is more than the period;
 * eve has neither events nor answers, and the walk has steps of her own (her random id is one whose absence the ways to
 * others do not show already); of others there are events that are not shown. Fred is erased too, and the register of erasures
 * shows him and carla, of whose erasure alone something is stated. `lie`: an answer about anna is not what
 * follows.
 */
export const story = async (lie?: Lie): Promise<Told & { readonly register: ExportRecord[] }> => {
  let told: Told | undefined;
  let register: ExportRecord[] = [];
  let now = Date.parse('2026-03-01T08:00:00.000Z');
  const clock = () => (now += 1000);
  await withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        const consentId = randomUUID();
        const anna = await kit.grant('anna', { consentId });
        const [ben, carla, dora] = [
          await kit.grant('ben'),
          await kit.grant('carla'),
          await kit.grant('dora'),
        ];
        for (const other of ['x', 'y', 'z']) await kit.grant(other);
        await ask(kit, ['x', 'anna', 'ben', 'y', 'anna', 'carla', 'dora', 'z']);
        await kit.execute(anna, revoking(consentId));
        const [denied] = await ask(kit, ['anna']);
        if (lie) await logLie(kit, anna, denied![0]!, lie);
        await ask(kit, ['anna'], { knownAt: '2026-03-01T08:00:30.000Z', items: [{}, {}] });
        await kit.execute(ben, granting(consent({ rules: [{ type: 'deny' }] })));
        await ask(kit, ['x', 'ben']);
        const restrictionId = randomUUID();
        const placed = { restrictionId, ground: 'a' as const, reason: 'contested', agent };
        await kit.execute(ben, (record) => restrict(record, placed));
        await ask(kit, ['ben']);
        await kit.execute(ben, (record) =>
          liftRestriction(record, { restrictionId, reason: 'settled', agent }),
        );
        good(await kit.records.close(tenant, carla.subject, randomUUID()));
        const fred = await kit.grant('fred');
        await ask(kit, ['fred']);
        good(await kit.records.close(tenant, fred.subject, randomUUID()));
        now = until;
        await kit.execute(dora, granting(consent()));
        await ask(kit, ['dora', 'y', 'anna']);
        const others: Asked[] = [
          { value: 'anna', status: 'known', key: anna },
          { value: 'nobody', status: 'unknown' },
          { value: 'ben', status: 'known', key: ben },
          { value: 'carla', status: 'erased', key: carla },
          { value: 'dora', status: 'known', key: dora },
        ];
        const period = { from: '2026-03-01T08:00:20.000Z', until: new Date(until).toISOString() };
        const erased: Asked[] = [
          { value: 'carla', status: 'erased', key: carla },
          { value: 'fred', status: 'erased', key: fred },
        ];
        const about = { kind: 'erasures', cohort: { by: 'all' }, period } as const;
        register = withStatement(recordsOf(kit, erased, about).records);
        const withoutEve = walkOf(recordsOf(kit, others, { period }));
        for (let n = 0; told === undefined || isDeepStrictEqual(walkOf(told), withoutEve); n += 1) {
          const value = `eve-${n}`;
          const eve: Asked = { value, status: 'known', key: await kit.patient(value) };
          told = recordsOf(kit, [...others, eve], { period });
        }
      },
      { clock },
    ),
  );
  return { ...told!, register };
};
