import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { it } from 'node:test';
import { attachmentsOf } from '../../src/pades/attachments.ts';
import { openPdf } from '../../src/pades/pdf.ts';
import { inMemory } from '../../src/pades/random-access.ts';
import { ForeignPdf } from '../../src/pades/syntax.ts';
import { withFolder } from '../vault/kit.ts';
import { evidenceOf, writeUnsigned } from './kit.ts';

/** A document with these attachments, where `change` was made in its text, of the same length. */
const documentWith = async (
  names: string[],
  change: readonly [from: string, to: string] = ['%PDF', '%PDF'],
) => {
  let bytes = '';
  await withFolder(async (folder) => {
    const path = join(folder, 'unsigned.pdf');
    await writeUnsigned(path, names);
    bytes = await readFile(path, 'latin1');
  });
  const [from, to] = change;
  assert.equal(from.length, to.length);
  assert.ok(bytes.includes(from));
  return openPdf(inMemory(Buffer.from(bytes.replaceAll(from, to), 'latin1')));
};

it('attachments are found by name, and are what was attached', async () => {
  const names = ['evidence.jsonl', 'bündel €.json'];
  const found = attachmentsOf(await documentWith(names));
  assert.ok(found.ok);
  assert.deepEqual([...found.value.keys()].sort(), [...names].sort());
  for (const { name, size, content } of found.value.values()) {
    assert.deepEqual(await buffer(content()), evidenceOf(name));
    assert.equal(size, evidenceOf(name).length);
  }
});

it('a document without attachments, or with one twice, says so', async () => {
  const codeOf = (pdf: Awaited<ReturnType<typeof documentWith>>) => {
    const found = attachmentsOf(pdf);
    return found.ok ? 'found' : found.problem.code;
  };
  assert.equal(codeOf(await documentWith([])), 'attachment-missing');
  const hidden = ['/EmbeddedFiles <<', '/EmbeddedFoals <<'] as const;
  assert.equal(codeOf(await documentWith(['a'], hidden)), 'attachment-missing');
  const pdf = await documentWith(['a', 'b']);
  const [first, second] = [...pdf.objects()].filter(
    ({ value }) => value instanceof Map && value.get('/Type') === '/Filespec',
  );
  const reference = ({ number }: { readonly number: number }) => `${number} 0 R`;
  const doubled = [`(b) ${reference(second!)}`, `(b) ${reference(first!)}`] as const;
  await assert.rejects(async () => codeOf(await documentWith(['a', 'b'], doubled)), ForeignPdf);
  assert.equal(codeOf(await documentWith(['a', 'b'], ['(b)', '(a)'])), 'attachment-doubled');
  const listedTwice = [
    `${reference(first!)} ${reference(second!)}]`,
    `${reference(first!)} ${reference(first!)}]`,
  ];
  assert.equal(codeOf(await documentWith(['a', 'b'], listedTwice as [string, string])), 'attachment-doubled');
});

it('content that is damaged, or not of the size that is stated, ends in an error', async () => {
  const size = String(evidenceOf('a').length);
  const changes = [
    [`/Size ${size}`, `/Size ${Number(size) - 1}`],
    [`/Size ${size}`, `/Size ${Number(size) + 1}`],
    ['stream\nx', 'stream\ny'],
  ] as const;
  for (const change of changes) {
    const pdf = await documentWith(['a'], change);
    const found = attachmentsOf(pdf);
    assert.ok(found.ok);
    await assert.rejects(buffer(found.value.get('a')!.content()), ForeignPdf);
  }
});
