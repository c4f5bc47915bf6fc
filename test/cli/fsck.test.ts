import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { openLedger } from '../../src/app.ts';
import { patientStream, subjectOfPatientStream } from '../../src/record/streams.ts';
import type { LedgerFolder } from '../support/ledger-process.ts';
import { copyLedger, fillLedger } from './filled-ledger.ts';

const patients = 10;

describe('fsck', () => {
  let folder: string;
  let ledger: LedgerFolder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consent-ledger-fsck-'));
    ledger = await fillLedger(join(folder, 'whole'), patients);
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs fsck on a copy on which this was done; answers with its exit code and what it said. */
  const fsckAfter = async (damage: (dataFolder: string, copy: LedgerFolder) => unknown) => {
    const copy = await copyLedger(ledger, join(folder, 'copy'));
    await damage(copy.config.dataFolder, copy);
    const { code, stdout } = await copy.run(['fsck']);
    await rm(join(folder, 'copy'), { recursive: true });
    return { code, stdout };
  };
  const change = (file: string, ...statements: string[]) => {
    const db = new Database(file, { fileMustExist: true });
    for (const statement of statements) assert.ok(db.prepare(statement).run().changes > 0, statement);
    db.close();
  };
  const changeLog =
    (...statements: string[]) =>
    (data: string) =>
      change(join(data, 'log.db'), ...statements);
  const changeModel =
    (name: string, ...statements: string[]) =>
    async (data: string) => {
      const [generation] = (await readdir(join(data, 'models'))).filter((one) => /^g\d+$/.test(one));
      const [file] = await readdir(join(data, 'models', generation!)).then((files) =>
        files.filter((one) => one.startsWith(name) && one.endsWith('.db')),
      );
      change(join(data, 'models', generation!, file!), ...statements);
    };
  const finds = async (damage: Parameters<typeof fsckAfter>[0], ...faults: RegExp[]) => {
    const { code, stdout } = await fsckAfter(damage);
    assert.equal(code, 1, stdout);
    for (const fault of faults) assert.match(stdout, fault);
    assert.match(stdout, /^\d+ faults\.$/m);
    assert.doesNotMatch(stdout, /Clean/);
  };

  it('finds nothing in a ledger that is whole', async () => {
    const { code, stdout } = await fsckAfter(() => {});
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /^\d+ events, in order, none missing\.\n\d+ envelopes opened, 0 of keys that are gone\.\n/,
    );
    assert.match(stdout, /^3 read models compared with a rebuild\.\nClean\.$/m);
  });

  const flipped = (type: string, at: string) =>
    changeLog(
      `UPDATE events SET data = CAST(substr(data, 1, ${at})
         || iif(substr(data, ${at} + 1, 1) = x'5a', x'41', x'5a') || substr(data, ${at} + 2) AS BLOB)
       WHERE position = (SELECT max(position) FROM events WHERE type = '${type}')`,
    );

  it('finds a byte of an envelope that was changed', () =>
    finds(flipped('ConsentGranted', '(length(data) / 2)'), /^FAULT at log index \d+: ConsentGranted: /m));

  it('finds a byte of a logged answer that was changed', () =>
    finds(
      flipped('DecisionsRecorded', '(length(data) / 2)'),
      /^FAULT at log index \d+: DecisionsRecorded: /m,
    ));

  it('finds what was changed also where the read models are gone and cannot be built', () =>
    finds(
      async (data) => {
        flipped('ConsentGranted', '(length(data) / 2)')(data);
        await rm(join(data, 'models'), { recursive: true });
      },
      /^FAULT at log index \d+: ConsentGranted: /m,
      /^FAULT a rebuild: /m,
    ));

  it('finds an event that was deleted', () =>
    finds(
      changeLog('DELETE FROM events WHERE position = 3'),
      /^FAULT at log index 4: Index 3 is missing$/m,
      /^FAULT .* has revision 1, not 0$/m,
    ));

  it('finds an envelope that was put into another’s place', () =>
    finds(
      changeLog(`UPDATE events SET data = (SELECT data FROM events WHERE position = 5) WHERE position = 4`),
      /^FAULT at log index 4: /m,
    ));

  it('finds a commitment that is not that of the payload', () =>
    finds(
      changeLog(
        `UPDATE events SET metadata = json_set(metadata, '$.commitment', '${'A'.repeat(43)}')
         WHERE position = (SELECT max(position) FROM events WHERE type = 'ConsentRevoked')`,
      ),
      /^FAULT .*ConsentRevoked: the payload is not what its commitment says$/m,
    ));

  it('finds a row of an index that was changed, one that is missing, and a record that was lost', async () => {
    const revoked = `UPDATE consent SET status = 'revoked'
      WHERE consent_id = (SELECT consent_id FROM consent WHERE status = 'active' LIMIT 1)`;
    await finds(changeModel('consents-index', revoked), /^FAULT consents-index differs from a rebuild$/m);
    const missing = 'DELETE FROM disclosure WHERE log_index = (SELECT max(log_index) FROM disclosure)';
    await finds(
      changeModel('disclosures-index', missing),
      /^FAULT disclosures-index differs from a rebuild$/m,
    );
  });

  /** Destroys the key of a patient; `close` closes the stream first, as an erasure does. */
  const destroyOne = async ({ config }: LedgerFolder, close: boolean): Promise<void> => {
    const { store, vault, records, close: give } = await openLedger(config);
    try {
      const [stream] = store.streamsNamed(patientStream(''));
      const subject = subjectOfPatientStream(stream!)!;
      const { tenant } = store.streamSlice(stream!, 0, 1)[0]!.metadata;
      if (close) assert.ok((await records.close(tenant, subject, randomUUID())).ok);
      assert.ok(await vault.destroy(subject));
    } finally {
      await give();
    }
  };

  it('finds a patient whose key is gone though nobody erased it', () =>
    finds(async (_data, copy) => {
      await destroyOne(copy, false);
      const rebuilt = await copy.run(['rebuild']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
    }, /^FAULT at log index \d+: ConsentGranted: its key is gone, and nobody erased it$/m));

  it('counts envelopes of who was erased, and finds nothing wrong with them', async () => {
    const { code, stdout } = await fsckAfter((_data, copy) => destroyOne(copy, true));
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^\d+ envelopes opened, [1-9]\d* of keys that are gone\.$/m);
  });
});
