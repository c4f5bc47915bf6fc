import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it } from 'node:test';
import fc from 'fast-check';
import { openPdf } from '../../src/pades/pdf.ts';
import { inMemory } from '../../src/pades/random-access.ts';
import { ForeignPdf, SyntaxReader } from '../../src/pades/syntax.ts';
import { withFolder } from '../vault/kit.ts';
import { writeUnsigned } from './kit.ts';

let pdf: Buffer;
before(() =>
  withFolder(async (folder) => {
    const path = join(folder, 'unsigned.pdf');
    await writeUnsigned(path);
    pdf = await readFile(path);
  }),
);

it('the objects are all of the file, each once, and nothing stands between them', () => {
  const opened = openPdf(inMemory(pdf));
  const objects = [...opened.objects()];
  assert.equal(objects.length + 1, opened.trailer.get('/Size'));
  for (const [at, { number, start, end }] of objects.entries()) {
    assert.deepEqual(opened.object(number), objects[at]);
    assert.ok(pdf.toString('latin1', start).startsWith(`${number} 0 obj\n`));
    if (at > 0) assert.equal(start, objects[at - 1]!.end);
    assert.ok(pdf.toString('latin1', 0, end).endsWith('endobj\n'));
  }
});

const start = '%PDF-1.7\n%\xff\xff\xff\xff\n';

it('no object stands behind the cross-reference table, in the trailer', () => {
  const catalog = '1 0 obj\n<< /Type /Catalog >>\nendobj\n';
  const long = `2 0 obj\n(${'a'.repeat(1 << 17)})\nendobj\n`;
  const [second, table] = [start.length + catalog.length, start.length + catalog.length + long.length];
  const entry = (at: number) => `${String(at).padStart(10, '0')} 00000 n \n`;
  const withHiddenAt = (at: number) => {
    const entries = [start.length, second, at].map(entry).join('');
    const hidden = `3 0 obj\n<< /Type /Sig >>\nendobj\n${'a'.repeat(1000)}`;
    const trailer = `<< /Size 4 /Root 1 0 R /Hidden (${hidden}) >>`;
    return `${start}${catalog}${long}xref\n0 4\n0000000000 65535 f \n${entries}trailer\n${trailer}\nstartxref\n${table}\n%%EOF\n`;
  };
  const text = withHiddenAt(withHiddenAt(0).indexOf('3 0 obj'));
  const opened = openPdf(inMemory(Buffer.from(text, 'latin1')));
  assert.throws(() => opened.object(3), ForeignPdf);
});

it('the length of a stream may be another object', () => {
  const first = '1 0 obj\n<< /Type /Catalog /Length 2 0 R >>\nstream\nabc\nendstream\nendobj\n';
  const second = '2 0 obj\n3\nendobj\n';
  const entries = [start.length, start.length + first.length].map(
    (at) => `${String(at).padStart(10, '0')} 00000 n \n`,
  );
  const table = (start + first + second).length;
  const text = `${start}${first}${second}xref\n0 3\n0000000000 65535 f \n${entries.join('')}trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  const [object] = [...openPdf(inMemory(Buffer.from(text, 'latin1'))).objects()];
  assert.equal(text.slice(...object!.stream!), 'abc');
});

it('any bytes are read or refused with a reason', () => {
  const walk = (bytes: Buffer) => {
    try {
      for (const _ of openPdf(inMemory(bytes)).objects());
    } catch (error) {
      assert.ok(error instanceof ForeignPdf, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array(), (bytes) => walk(Buffer.from(bytes))));
  const change = fc.record({ at: fc.nat(pdf.length - 1), by: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Buffer.from(pdf);
      for (const { at, by } of changes) bytes.set(by.subarray(0, bytes.length - at), at);
      walk(bytes);
    }),
  );
});

it('values are read as they were written', () => {
  const written =
    '<< /A [1 -2.5 .5 4 0 R true null] /B (a\\(b\\)\\\\c(d)\\n) /C <00ff> /D /e#20f /E << >> >> ';
  assert.deepEqual(
    new SyntaxReader(Buffer.from(written)).value(),
    new Map<string, unknown>([
      ['/A', [1, -2.5, 0.5, { ref: 4 }, true, null]],
      ['/B', Buffer.from('a(b)\\c(d)\n')],
      ['/C', Buffer.from([0, 255])],
      ['/D', '/e f'],
      ['/E', new Map()],
    ]),
  );
  for (const foreign of [
    '<< /A 1 /A 2 >> ',
    '[1 % comment\n] ',
    'nonsense ',
    '<0> ',
    '<< 1 2 >> ',
    '(\\101) ',
    '['.repeat(99),
  ])
    assert.throws(() => new SyntaxReader(Buffer.from(foreign)).value(), ForeignPdf, foreign);
});
