import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verifyCommand } from '../../src/cli/verify.ts';
import { verifierKey } from '../../src/evidence/signed-note.ts';
import { keyOf } from '../evidence/story.ts';
import { day, signedAt } from '../pades/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { documentOf, root, signed } from '../verifier/document-kit.ts';
import { sealed, signer } from '../verifier/kit.ts';
import { story } from '../verifier/story.ts';

const { records, earlier } = await story();
const evidence = sealed(records);
const document = await signed(await documentOf(evidence));
const key = verifierKey(signer.name, signer.privateKey);
const keys = `# of the hospital\n${key}  since 2026-03-01T08:00:00.000Z  signs\n\n${root}`;
const usual = { 'a.pdf': document, 'keys.txt': keys, 'kept.txt': earlier, 'evidence.jsonl': evidence };
type Files = Readonly<Record<string, string | Buffer>>;

const withFiles = (files: Files, work: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await work(folder);
  });

/** Runs the command on a file; the names are those of files in a folder. */
const verify = async (
  name: string,
  {
    files = usual,
    trust = 'keys.txt',
    previous,
    json,
  }: { files?: Files; trust?: string; previous?: string; json?: boolean } = {},
) => {
  let said = { exitCode: -1, text: '' };
  await withFiles(files, async (folder) => {
    const at = (file: string) => join(folder, file);
    const options = { trust: at(trust), ...(previous && { previous: at(previous) }), ...(json && { json }) };
    said = await verifyCommand(at(name), options, signedAt + day, () => ({ show: () => {}, end: () => {} }));
  });
  return said;
};

test('a document is verified in a folder that holds nothing but it and the keys, without any setting', () =>
  withFiles(usual, async (cwd) => {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const env = { CONSENT_LEDGER_DATA_FOLDER: '/nowhere' };
    const run = (...options: string[]) =>
      spawnSync(process.execPath, [main, 'verify', ...options], { cwd, env, encoding: 'utf8' });
    const { status, stdout, stderr } = run('a.pdf', '--trust', 'keys.txt', '--previous', 'kept.txt');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /✓ All \d+ pages were drawn again from the evidence, and are the same\./);
    assert.match(stdout, /✓ The log goes on from the checkpoint that you kept/);
    assert.match(stdout, /\na\.pdf is valid\.\n$/);
    for (const options of [['a.pdf'], ['a.pdf', '--trust', 'keys.txt', '--unknown']])
      assert.equal(run(...options).status, 2);
  }));

test('a document that was tampered with is not valid, and what is wrong is said, also as JSON', async () => {
  const at = document.indexOf('evidence.jsonl');
  const bent = Buffer.concat([document.subarray(0, at), Buffer.from('E'), document.subarray(at + 1)]);
  const files = { ...usual, 'a.pdf': bent };
  const { exitCode, text } = await verify('a.pdf', { files });
  assert.equal(exitCode, 1);
  assert.match(text, /✗ The document was altered after it was signed\.\n/);
  assert.match(text, /\na\.pdf is NOT VALID\.$/);
  const json = await verify('a.pdf', { files, json: true });
  const { valid, wrong, signature } = JSON.parse(json.text);
  assert.deepEqual(
    [valid, wrong, signature.problem.code],
    [false, signature.problem.detail, 'document-altered'],
  );
});

test('the evidence is verified by itself', async () => {
  const { exitCode, text } = await verify('evidence.jsonl');
  assert.equal(exitCode, 0, text);
  assert.match(text, /- This is the evidence of an export without its document/);
  const files = { ...usual, 'keys.txt': verifierKey(signer.name, keyOf(3)) };
  const strange = await verify('evidence.jsonl', { files });
  assert.equal(strange.exitCode, 1);
  assert.match(strange.text, /✗ The checkpoint is not signed by a key that is trusted \(record 1\)\.\n/);
});

test('an earlier export may stand for its checkpoint', async () => {
  for (const previous of ['a.pdf', 'evidence.jsonl']) {
    const { exitCode, text } = await verify('a.pdf', { previous });
    assert.equal(exitCode, 0, text);
    assert.match(text, /The log goes on from the checkpoint that you kept/);
  }
});

test('what cannot be read is told apart from what is not valid', async () => {
  const files = { ...usual, 'none.txt': String(root), 'bad.txt': 'key', 'bare.jsonl': '{}\n' };
  for (const [name, options, reason] of [
    ['b.pdf', {}, /b\.pdf cannot be read \(ENOENT\)/],
    ['.', {}, /cannot be read \(EISDIR\)/],
    ['a.pdf', { trust: 'other.txt' }, /other\.txt cannot be read/],
    ['a.pdf', { trust: 'none.txt' }, /holds no key of a ledger/],
    ['a.pdf', { trust: 'bad.txt' }, /neither a key of a ledger nor a certificate/],
    ['a.pdf', { previous: 'c.txt' }, /c\.txt cannot be read/],
    ['a.pdf', { previous: 'bare.jsonl' }, /bare\.jsonl holds no checkpoint/],
  ] as const) {
    const { exitCode, text } = await verify(name, { files, ...options });
    assert.equal(exitCode, 2, text);
    assert.match(text, reason);
  }
});
