import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCohort } from '../../src/cli/export/cohort-file.ts';
import { approve, executed, type Officer, requested } from '../erasure/kit.ts';
import { answered, grantFor, patientOf } from '../http/kit.ts';
import { type LedgerFolder, openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';

const examples = new URL('../data/hl7-consents/r5', import.meta.url).pathname;

const withFolder = async (work: (folder: string) => Promise<void>) => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-export-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const ran = async (ledger: LedgerFolder, ...args: string[]) => {
  const ended = await ledger.run(args);
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
};

/** A file of what is to be trusted of a ledger: its keys, and the certificate of its self-signed one. */
const trustedKeys = async (ledger: LedgerFolder, folder: string): Promise<string> => {
  const file = join(folder, 'trusted.txt');
  const { stdout } = await ran(ledger, 'keys', 'verifiers');
  const certificate = await readFile(join(ledger.config.keysFolder, 'report-signer.pem'), 'utf8');
  const vkeys = stdout.split('\n').map((line) => line.split('  ')[0]);
  await writeFile(file, `${vkeys.join('\n')}\n${certificate}`);
  return file;
};

/** Has somebody erased over the API, by two officers, and the server stopped: the id of the request. */
const erasedOver = async (server: ServedLedger, ledger: LedgerFolder): Promise<string> => {
  const officer = async (subject: string): Promise<Officer> => {
    const headers = { authorization: `Bearer ${await ledger.token({ subject })}` };
    return {
      post: (path, body, more) => server.send('POST', path, body, { ...headers, ...more }),
      get: (path) => server.send('GET', path, undefined, headers),
    };
  };
  const [clerk, head] = [await officer('clerk'), await officer('head')];
  const patient = patientOf('erased');
  answered('grantConsent', await server.post('/consents', grantFor(patient)));
  const erasureId = await requested(clerk, patient);
  answered('approveErasure', await approve(head, erasureId));
  await executed(clerk, erasureId);
  await server.stop();
  return erasureId;
};

describe('a file of patients', () => {
  it('holds one a line, in either form', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'patients');
      await writeFile(file, 'urn:a|1\r\n\n{"system":"urn:b","value":"2|3"}\nurn:c | 4|5 \n');
      assert.deepEqual(await readCohort(file), [
        { system: 'urn:a', value: '1' },
        { system: 'urn:b', value: '2|3' },
        { system: 'urn:c', value: '4|5' },
      ]);
    }));

  it('is refused by the line that is wrong, which is not repeated', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'patients');
      for (const line of ['Canary', '{"system":"urn:b"}', '{"system":', '|Canary', '']) {
        await writeFile(file, line === '' ? line : `urn:a|1\n${line}\n`);
        await assert.rejects(readCohort(file), ({ message }: Error) => {
          assert.match(message, line === '' ? /names nobody$/ : /, line 2: neither/);
          return !message.includes('Canary');
        });
      }
    }));
});

describe('the command', () => {
  it('makes a document that verifies from the file and the keys alone, and lists it', () =>
    withFolder(async (folder) => {
      const ledger = await openLedgerFolder(folder);
      await ran(ledger, 'keys', 'init-report-signer');
      await ran(ledger, 'import', examples, '--base', 'https://hl7.example/fhir/r5');
      const out = join(folder, 'export.pdf');
      const made = await ran(ledger, 'export', '--all', '--out', out, '--reason', 'Order 7');
      assert.equal((await stat(out)).mode & 0o777, 0o600);
      assert.match(made.stderr, /Exporting 100%|Exporting 9\d%|Exporting \d0%/);
      const again = await ledger.run(['export', '--all', '--out', out]);
      assert.equal(again.code, 1, 'it must not overwrite');

      await ran(ledger, 'verify', out, '--trust', await trustedKeys(ledger, folder));

      const listed = await ran(ledger, 'exports');
      assert.match(listed.stdout, /finished/);
    }));

  it('makes the certificate of one erasure, and says so where there is none or nothing can be signed', () =>
    withFolder(async (folder) => {
      const ledger = await openLedgerFolder(folder);
      const erasureId = await erasedOver(await ledger.serve(), ledger);
      const out = join(folder, 'certificate.pdf');
      const lines = join(folder, 'certificate.jsonl');
      const certify = (...args: string[]) =>
        ledger.run(['export', '--kind', 'erasures', '--out', out, '--package', lines, ...args]);
      assert.match(
        (await certify('--erasure', erasureId)).stderr,
        /^Not signed: setting-refused \(keysFolder\)/m,
      );
      await ran(ledger, 'keys', 'init-report-signer');
      assert.match((await certify('--erasure', randomUUID())).stderr, /\(erasure-unknown\)/);
      assert.match((await certify('--erasure', erasureId, '--all')).stderr, /by one of/);

      const made = await certify('--erasure', erasureId);
      assert.equal(made.code, 0, made.stderr);
      const records = (await readFile(lines, 'utf8')).trimEnd().split('\n');
      const stated = records.map((line) => JSON.parse(line)).filter(({ record }) => record === 'erasure');
      assert.deepEqual(
        stated.map((one) => [one.erasureId, one.requestedBy.subject, one.approvedBy.subject]),
        [[erasureId, 'clerk', 'head']],
      );
      const verified = await ran(ledger, 'verify', out, '--trust', await trustedKeys(ledger, folder));
      assert.match(verified.stdout, /What is stated of 1 erasure/);
    }));

  it('says what is missing, or that there is no such export, in a sentence', () =>
    withFolder(async (folder) => {
      const ledger = await openLedgerFolder(folder);
      const out = join(folder, 'export.pdf');
      for (const [args, expected] of [
        [[], /Say by --out/],
        [['--out', out], /Say who it is about/],
        [['--out', out, '--resume', '00000000-0000-4000-8000-000000000000'], /There is no such export/],
      ] as const) {
        const { code, stderr } = await ledger.run(['export', ...args]);
        assert.equal(code, 1);
        assert.match(stderr, expected);
      }
    }));
});
