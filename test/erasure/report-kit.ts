import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { type ExportRecord, exportRecord } from '../../schemas/export/package.ts';
import { inMemory, openPdf } from '../../src/pades/port.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import { answered, type TestService } from '../http/kit.ts';
import { withFolder } from '../vault/kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The bytes of a successful answer, which may be no text. */
export const fetched = async (service: TestService, path: string): Promise<Buffer> => {
  const headers = { authorization: `Bearer ${await service.token()}` };
  const response = await fetch(service.url + path, { headers });
  assert.equal(response.status, 200, path);
  return Buffer.from(await response.arrayBuffer());
};

/** An export, as somebody has it who downloaded it. */
export interface Downloaded {
  readonly exportId: string;
  readonly document: Buffer;
  /** Its evidence alone. */
  readonly bytes: Buffer;
  readonly records: readonly ExportRecord[];
}

/** Asks for an export, waits for it, and downloads it. */
export const downloaded = async (service: TestService, body: object): Promise<Downloaded> => {
  const { exportId } = answered('askExport', await service.post('/exports', body));
  await fetched(service, `/exports/${exportId}/events`);
  const view = answered('readExport', await service.get(`/exports/${exportId}`));
  assert.equal(view.status, 'finished', JSON.stringify(view));
  const document = await fetched(service, `/exports/${exportId}/document`);
  const bytes = await fetched(service, `/exports/${exportId}/package`);
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  return { exportId, document, bytes, records: lines.map((line) => exportRecord.parse(JSON.parse(line))) };
};

/** What the command `verify` is given to trust: these keys of the ledger, and the certificate that signs reports. */
export const trustOf = ({ config }: TestService, verifiers: readonly string[]): string => {
  const { certificatesFile } = selfSignedFiles(config.keysFolder);
  return `${verifiers.join('\n')}\n${readFileSync(certificatesFile, 'utf8')}`;
};

/** Runs `verify` in a folder that holds these files and nothing else; it must say that the first is valid. */
export const verifyOffline = async (
  files: Readonly<Record<string, string | Buffer>>,
  ...options: string[]
): Promise<string> => {
  const [file] = Object.keys(files) as [string];
  let said = '';
  await withFolder(async (cwd) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
    const run = spawnSync(process.execPath, [main, 'verify', file, ...options], { cwd, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    said = run.stdout;
  });
  return said;
};

/** All that a document holds, to be searched: its bytes, and what of them is compressed. */
export const contentOf = (document: Buffer): Buffer => {
  const inflated = [...openPdf(inMemory(document)).objects()].flatMap(({ value, stream }) =>
    stream !== undefined && value instanceof Map && value.get('/Filter') === '/FlateDecode'
      ? [inflateSync(document.subarray(...stream))]
      : [],
  );
  return Buffer.concat([document, ...inflated]);
};
