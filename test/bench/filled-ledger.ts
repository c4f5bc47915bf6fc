import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { ThreadPlaces } from '../../src/projections-thread.ts';
import { sealEvent } from '../../src/record/sealing.ts';
import { patientStream } from '../../src/record/streams.ts';
import { createTables, openForWriting } from '../../src/store/schema.ts';
import { logFile } from '../../src/store/sqlite.ts';
import { openKeyring, type SubjectKey } from '../../src/vault/keyring.ts';
import { initKeys, openKeyStore } from '../../src/vault/keystore.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';
import { consent, tenant } from '../record/kit.ts';

const start: Millis = Date.UTC(2026, 0, 1);
const admittedTogether = 1_000;
const eventsTogether = 20_000;

/**
 * A data folder with `patients` patients of `events` grants each, whose events stand in the log in turn, as they
 * would after years: one of each patient, then the next, spread over `span`. Written past the store, which would take
 * its time.
 */
export const fillLedger = async (
  folder: string,
  patients: number,
  events: number,
  span: { readonly from: Millis; readonly until: Millis } = { from: start, until: start + patients * events },
): Promise<{ readonly places: ThreadPlaces; readonly subjects: readonly string[] }> => {
  const keysFolder = join(folder, 'keys');
  const vaultPlace = { kind: 'sqlite', file: join(folder, 'vault', 'vault.db') } as const;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await initKeys(keysFolder, start);
  const vault = openSqliteVault(vaultPlace);
  const keyStore = await openKeyStore(keysFolder);
  const keyring = openKeyring({ vault, keyStore, uuid: randomUUID, cacheSize: 0 });
  const keys: SubjectKey[] = [];
  for (let from = 0; from < patients; from += admittedTogether) {
    const values = Array.from(
      { length: Math.min(admittedTogether, patients - from) },
      (_, n) => `P${from + n}`,
    );
    keys.push(
      ...(await Promise.all(values.map((value) => keyring.admit(tenant, { system: 'urn:x', value })))),
    );
  }
  await vault.close();
  writeLog(logFile(folder), keys, events, span);
  const places = { logFile: logFile(folder), vault: vaultPlace, keysFolder };
  return { places, subjects: keys.map(({ subject }) => subject) };
};

const writeLog = (
  file: string,
  keys: readonly SubjectKey[],
  events: number,
  { from: first, until }: { readonly from: Millis; readonly until: Millis },
): void => {
  const stepMs = (until - first) / (keys.length * events);
  closeSync(openSync(file, 'a', 0o600));
  const db = openForWriting(file);
  createTables(db);
  db.pragma('synchronous = OFF');
  db.pragma('wal_autocheckpoint = 10000');
  const addStream = db.prepare('INSERT INTO streams VALUES (?, ?)');
  const addEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  db.transaction(() => {
    for (const [at, { subject }] of keys.entries()) addStream.run(at + 1, patientStream(subject));
  })();
  let position = 0;
  for (let revision = 0; revision < events; revision += 1)
    for (let from = 0; from < keys.length; from += eventsTogether)
      db.transaction(() => {
        for (const [at, key] of keys.slice(from, from + eventsTogether).entries()) {
          position += 1;
          const place = { tenant, stream: patientStream(key.subject), revision };
          const draft = { id: randomUUID(), type: 'ConsentGranted', payload: consent() };
          const { id, type, metadata, data } = sealEvent(draft, place, key, eventDefinitions);
          const values = [position, from + at + 1, revision, Math.floor(first + position * stepMs), id, type];
          addEvent.run(...values, JSON.stringify(metadata), data);
        }
      })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
};
