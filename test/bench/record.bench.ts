import type { Question } from '../../schemas/decision.ts';
import { settings } from '../../schemas/settings.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { openHead } from '../../src/record/row.ts';
import { patientStream } from '../../src/record/streams.ts';
import { openKeyring } from '../../src/vault/keyring.ts';
import { grantOf, type Ledger, openLedger, patientOf, revocationOf, tenant } from './record-kit.ts';
import { median, timed } from './rounds.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const patients = 1_000;
const consentsEach = 10;
const longLife = 25_000;

const must = <T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const rowOf = (name: string, floor: number, reached: number, aim: number): BenchRow => {
  const text = (micros: number) =>
    micros < 10_000 ? `${micros.toFixed(1)} us` : `${(micros / 1000).toFixed(0)} ms`;
  const ratio = floor / reached;
  return { name, floor: text(floor), reached: text(reached), ratio, aim, ok: ratio >= aim };
};

/** Reads of records that are in no cache: against their parts, by the times they ask for, and after a long life. */
export const rows = async (): Promise<BenchRow[]> => {
  const ledger = await openLedger();
  try {
    return [...(await coldReads(ledger)), ...(await longLived(ledger))];
  } finally {
    await ledger.close();
  }
};

const coldReads = async (ledger: Ledger): Promise<BenchRow[]> => {
  const { store, vault, keyStore, keyring, rows: models } = ledger;
  for (let n = 0; n < patients; n += 1) {
    const key = await keyring.admit(tenant, patientOf(n));
    const facts = Array.from({ length: consentsEach }, () => ({
      type: 'ConsentGranted',
      payload: grantOf(),
    }));
    await ledger.write(key, facts);
    await ledger.renew(key);
  }
  const order = Array.from({ length: patients }, (_, n) => (n * 389) % patients);
  const identifiers = order.map(patientOf);
  const hashes = identifiers.map((identifier) => keyStore.identifierHash(tenant, identifier));
  const entries = (await Promise.all(hashes.map((hash) => vault.find(hash)))).map((entry) => entry!);
  const keys = entries.map((entry) => ({ subject: entry.subject, key: keyStore.dataKey(entry) }));
  const sealed = keys.map(({ subject }) => models.get(subject)!);

  const records = ledger.records({ cacheSize: 0 });
  const noKeys = openKeyring({ vault, keyStore, uuid: () => '', cacheSize: 0 });
  const policy = must(compilePolicy(settings.parse({})));
  const past = new Date(Date.now() - 1).toISOString();
  const ask = async (n: number, times: Pick<Question, 'validAt' | 'knownAt'>) => {
    const key = (await noKeys.find(tenant, identifiers[n]!))!;
    const { record, now } = must(await records.settled(tenant, key));
    return evaluate(record, must(resolveQuestion({ ...question, ...times }, policy, now)), policy);
  };
  const spent = await timed(rounds, patients, {
    hash: (n) => keyStore.identifierHash(tenant, identifiers[n]!),
    find: (n) => vault.find(hashes[n]!),
    unwrap: (n) => keyStore.dataKey(entries[n]!),
    row: (n) => models.get(keys[n]!.subject),
    open: (n) => openHead(sealed[n]!, tenant, keys[n]!),
    tail: (n) => store.streamSlice(patientStream(keys[n]!.subject), consentsEach),
    cold: async (n) => {
      const key = (await noKeys.find(tenant, identifiers[n]!))!;
      return must(await records.settled(tenant, key));
    },
    current: (n) => ask(n, {}),
    asOf: (n) => ask(n, { validAt: past }),
    known: (n) => ask(n, { validAt: past, knownAt: past }),
  });
  const parts = spent.hash + spent.find + spent.unwrap + spent.row + spent.open + spent.tail;
  return [
    rowOf('cold read, 10 consents, against the sum of its parts', parts, spent.cold, 0.6),
    rowOf('as-of question against a current one, cold', spent.current, spent.asOf, 0.9),
    rowOf('known-at question against a current one, cold', spent.current, spent.known, 0.9),
  ];
};

const question: Question = {
  recipient: { reference: 'Organization/f001' },
  purpose: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' },
  action: 'access',
};

/** 25,000 consents, each granted and withdrawn. */
const longLived = async (ledger: Ledger): Promise<BenchRow[]> => {
  const key = await ledger.keyring.admit(tenant, patientOf(-1));
  const lives = Array.from({ length: longLife }, () => grantOf());
  const facts = lives.flatMap((payload) => [
    { type: 'ConsentGranted', payload },
    revocationOf(payload.consentId),
  ]);
  await ledger.write(key, facts);
  await ledger.renew(key);
  const fromRow = ledger.records({ cacheSize: 0 });
  const fromEvents = ledger.records({
    cacheSize: 0,
    rows: { get: () => undefined, archive: () => undefined },
  });
  const replays: number[] = [];
  const wholes: number[] = [];
  const heads: number[] = [];
  const once = async (read: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await read();
    return (performance.now() - begun) * 1000;
  };
  for (let round = 0; round < rounds; round += 1) {
    replays.push(await once(() => fromEvents.load(tenant, key)));
    wholes.push(await once(() => fromRow.load(tenant, key, 'whole')));
    for (let n = 0; n < 50; n += 1) heads.push(await once(() => fromRow.load(tenant, key, 'current')));
  }
  const replay = median(replays);
  return [
    rowOf('patient of 50,000 events: from its row against full replay', replay, median(heads), 300),
    rowOf('the same for the past: from its archive against full replay', replay, median(wholes), 0),
  ];
};
