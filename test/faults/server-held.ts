import assert from 'node:assert/strict';
import type { ServedLedger } from '../support/ledger-process.ts';
import { sharedPatient, type Writer } from './server-writer.ts';

/**
 * Each acknowledged write stands in the history of its patient, once, where it was said to stand; each answer that
 * was given stands in the accounting, once. Answers with the names of all that stands.
 */
export const assertAllHeld = async (
  server: ServedLedger,
  writers: readonly Writer[],
): Promise<Set<string>> => {
  const patients = [...writers.map(({ patient }) => patient), sharedPatient];
  const held = new Map<string, number>();
  const answers = new Set<string>();
  for (const patient of patients) {
    for (const [name, revision] of await historyOf(server, patient)) {
      assert.ok(!held.has(name), `doubled: ${name}`);
      held.set(name, revision);
    }
    for (const id of await answersAbout(server, patient)) {
      assert.ok(!answers.has(id), `doubled: ${id}`);
      answers.add(id);
    }
  }
  const written = writers.flatMap(({ acknowledged }) => acknowledged);
  for (const { write, revision } of written)
    assert.equal(held.get(write.name), revision, `lost: ${write.name}`);
  for (const { decisions } of writers) for (const id of decisions) assert.ok(answers.has(id), `lost: ${id}`);
  const sent = new Set(
    [...written.map(({ write }) => write), ...writers.map(({ unanswered }) => unanswered)].map(
      (write) => write?.name,
    ),
  );
  for (const name of held.keys()) assert.ok(sent.has(name), `nobody wrote ${name}`);
  return new Set(held.keys());
};

const pageLimit = 500;

/** Name and revision of each event; none is left out. */
const historyOf = async (server: ServedLedger, patient: Writer['patient']): Promise<[string, number][]> => {
  const events: [string, number][] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const { status, json } = await server.post('/patients/history', { patient, from, limit: pageLimit });
    // Killed before the first write: nobody knows this patient yet.
    if (status === 404 && from === 0) return [];
    assert.equal(status, 200);
    for (const { type, revision, payload } of json.events as unknown as HistoryEvent[]) {
      assert.equal(revision, events.length);
      events.push([`${type} ${payload.consentId ?? payload.reason}`, revision]);
    }
    from = json.next as unknown as number | undefined;
  }
  return events;
};

interface HistoryEvent {
  readonly type: string;
  readonly revision: number;
  readonly payload: { readonly consentId?: string; readonly reason?: string };
}

const answersAbout = async (server: ServedLedger, patient: Writer['patient']): Promise<string[]> => {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const body = { patient, limit: pageLimit, ...(cursor !== undefined && { cursor }) };
    const { status, json, text } = await server.post('/patients/disclosures', body);
    if (status === 404) return [];
    assert.equal(status, 200, text);
    const items = json.items as unknown as readonly { readonly decisionId: string }[];
    ids.push(...items.map(({ decisionId }) => decisionId));
    cursor = json.next as unknown as string | undefined;
  } while (cursor !== undefined);
  return ids;
};
