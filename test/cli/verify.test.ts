import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verifierKey } from '../../src/evidence/signed-note.ts';
import { keyOf } from '../evidence/story.ts';
import { withFolder } from '../vault/kit.ts';
import { documentOf, root, signed } from '../verifier/document-kit.ts';
import { sealed, signer } from '../verifier/kit.ts';
import { story } from '../verifier/story.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const { records, earlier } = await story();
const evidence = sealed(records);
const document = await signed(await documentOf(evidence));
const key = verifierKey(signer.name, signer.privateKey);

/** Runs the command in a folder that holds nothing but these files, without any setting. */
const verify = async (files: Record<string, string | Buffer>, ...options: string[]) => {
  let said: { code: number | null; out: string; problems: string } | undefined;
  await withFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const run = spawnSync(process.execPath, [main, 'verify', ...options], {
      cwd: folder,
      env: { CONSENT_LEDGER_DATA_FOLDER: '/nowhere' },
      encoding: 'utf8',
    });
    said = { code: run.status, out: run.stdout, problems: run.stderr };
  });
  return said!;
};
const keys = `# of the hospital\n${key}  since 2026-03-01T08:00:00.000Z  signs\n\n${root}`;

test('a document is verified with nothing but a file of keys, in words', async () => {
  const files = { 'a.pdf': document, 'keys.txt': keys, 'kept.txt': earlier };
  const { code, out, problems } = await verify(
    files,
    'a.pdf',
    '--trust',
    'keys.txt',
    '--previous',
    'kept.txt',
  );
  assert.equal(code, 0, out + problems);
  assert.match(out, /✓ All \d+ pages were drawn again from the evidence, and are the same\./);
  assert.match(out, /✓ The log goes on from the checkpoint that you kept/);
  assert.match(out, /\na\.pdf is valid\.\n$/);
});

test('a document that was tampered with is not valid, and what is wrong is said, also as JSON', async () => {
  const at = document.indexOf('evidence.jsonl');
  const bent = Buffer.concat([document.subarray(0, at), Buffer.from('E'), document.subarray(at + 1)]);
  const files = { 'a.pdf': bent, 'keys.txt': keys };
  const { code, out } = await verify(files, 'a.pdf', '--trust', 'keys.txt');
  assert.equal(code, 1);
  assert.match(out, /✗ The document was altered after it was signed\.\n/);
  assert.match(out, /\na\.pdf is NOT VALID\.\n$/);
  const json = await verify(files, 'a.pdf', '--trust', 'keys.txt', '--json');
  assert.equal(json.code, 1);
  const { valid, wrong, signature } = JSON.parse(json.out);
  assert.deepEqual(
    [valid, wrong, signature.problem.code],
    [false, signature.problem.detail, 'document-altered'],
  );
});

test('the evidence is verified by itself', async () => {
  const files = { 'evidence.jsonl': evidence, 'keys.txt': key };
  const { code, out } = await verify(files, 'evidence.jsonl', '--trust', 'keys.txt');
  assert.equal(code, 0, out);
  assert.match(out, /- This is the evidence of an export without its document/);
  const other = { ...files, 'keys.txt': verifierKey(signer.name, keyOf(3)) };
  const strange = await verify(other, 'evidence.jsonl', '--trust', 'keys.txt');
  assert.equal(strange.code, 1);
  assert.match(strange.out, /✗ The checkpoint is not signed by a key that is trusted \(record 1\)\.\n/);
});

test('an earlier export may stand for its checkpoint', async () => {
  const files = { 'a.pdf': document, 'evidence.jsonl': evidence, 'keys.txt': keys, 'bare.jsonl': '{}\n' };
  for (const kept of ['a.pdf', 'evidence.jsonl']) {
    const { code, out } = await verify(files, 'a.pdf', '--trust', 'keys.txt', '--previous', kept);
    assert.equal(code, 0, out);
    assert.match(out, /The log goes on from the checkpoint that you kept/);
  }
  const bare = await verify(files, 'a.pdf', '--trust', 'keys.txt', '--previous', 'bare.jsonl');
  assert.deepEqual([bare.code, bare.out], [2, 'Nothing was verified: bare.jsonl holds no checkpoint.\n']);
});

test('what cannot be read, and an argument that is wrong, is told apart from what is not valid', async () => {
  const files = { 'a.pdf': document, 'keys.txt': keys, 'none.txt': String(root), 'bad.txt': 'key' };
  for (const [options, reason] of [
    [['a.pdf'], /--trust/],
    [['a.pdf', '--trust', 'keys.txt', '--unknown'], /unknown option/],
    [['b.pdf', '--trust', 'keys.txt'], /b\.pdf cannot be read \(ENOENT\)/],
    [['a.pdf', '--trust', 'other.txt'], /other\.txt cannot be read/],
    [['a.pdf', '--trust', 'none.txt'], /holds no key of a ledger/],
    [['a.pdf', '--trust', 'bad.txt'], /neither a key of a ledger nor a certificate/],
    [['a.pdf', '--trust', 'keys.txt', '--previous', 'c.txt'], /c\.txt cannot be read/],
    [['.', '--trust', 'keys.txt'], /cannot be read/],
  ] as const) {
    const { code, out, problems } = await verify(files, ...options);
    assert.equal(code, 2, options.join(' '));
    assert.match(out + problems, reason);
  }
});
