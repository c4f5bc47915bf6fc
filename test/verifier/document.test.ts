import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rendering } from '../../schemas/export/package.ts';
import { attachmentsOf, inMemory, openPdf } from '../../src/pades/port.ts';
import type { Render } from '../../src/verifier/pages.ts';
import { wordsOfDocument } from '../../src/verifier/words.ts';
import { identityOf, runTool, withoutTools, writeUnsigned } from '../pades/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { documentOf, recompressed, render, signed, verdictOnDocument } from './document-kit.ts';
import { sealed } from './kit.ts';
import { story } from './story.ts';

const { records, earlier } = await story();
const evidence = sealed(records);
const unsigned = await documentOf(evidence);
const good = await signed(unsigned);

/** The same export, whose pages name another who asked. */
const shown = sealed(
  structuredClone(records).map((one) => {
    if (one.record === 'decision' && one.opened)
      Object.assign(one.opened.payload.agent as object, { subject: 'x' });
    return one;
  }),
);

describe('an export as a document', () => {
  it('verifies: signature, evidence and pages', async () => {
    const verdict = await verdictOnDocument(good, { previous: earlier });
    assert.ok(verdict.valid, JSON.stringify(verdict));
    assert.equal(verdict.evidence?.checked.records, records.length + 1);
    assert.ok(verdict.pages!.pages! > 1);
  });

  it('verifies where another zlib writes the pages anew', async () => {
    const other: Render = async (input, write) => {
      const chunks: Uint8Array[] = [];
      const made = await render(input, async (chunk) => void chunks.push(chunk));
      await write(recompressed(Buffer.concat(chunks), 1));
      return made;
    };
    assert.notEqual(recompressed(unsigned, 1).length, unsigned.length);
    assert.deepEqual(
      (await verdictOnDocument(good, { by: other })).pages,
      (await verdictOnDocument(good)).pages,
    );
    const verdict = await verdictOnDocument(await signed(await documentOf(evidence, true, shown)), {
      by: other,
    });
    assert.equal(verdict.pages?.valid, false);
  });

  it('does not verify where its pages show something else than its evidence, whoever signed it', async () => {
    const verdict = await verdictOnDocument(await signed(await documentOf(evidence, true, shown)));
    assert.ok(verdict.signature.valid && verdict.evidence?.valid);
    assert.equal(verdict.valid, false);
    assert.equal(verdict.pages?.page, 3);
    assert.match(wordsOfDocument(verdict).wrong!, /^Page 3 does not show what is in the evidence/);
  });

  it('does not wait for the rest of a long document that is another from its first byte', async () => {
    const endless: Render = async (_, write) => {
      for (;;) await write(Buffer.alloc(1 << 16, 'x'));
    };
    const { valid, pages } = await verdictOnDocument(good, { by: endless });
    assert.deepEqual([valid, pages?.fault], [false, 'The document is not what is drawn from the evidence.']);
  });

  it('says so where its pages were drawn by another version', async () => {
    const other = unsigned
      .toString('latin1')
      .replace(`/Rendering ${rendering}`, `/Rendering ${rendering + 1}`);
    const verdict = await verdictOnDocument(await signed(Buffer.from(other, 'latin1')));
    assert.equal(verdict.valid, false);
    assert.match(wordsOfDocument(verdict).wrong!, /^The pages were drawn by rendering \d+, and this version/);
  });

  it('does not verify where its evidence is another, and its pages show that', async () => {
    const other = sealed(records.filter(({ record }) => record !== 'settings'));
    const verdict = await verdictOnDocument(await signed(await documentOf(other)));
    assert.equal(verdict.valid, false);
    assert.equal(verdict.evidence?.fault?.code, 'answer');
    assert.equal(verdict.pages, undefined);
  });

  it('does not verify without a signature, nor by a certificate that is not trusted', async () => {
    const bare = await verdictOnDocument(await documentOf(evidence, false));
    assert.deepEqual([bare.valid, bare.signature.problem?.code], [false, 'signature-missing']);
    assert.ok(bare.evidence?.valid && bare.pages?.valid);
    const { certificate } = await identityOf({});
    const strange = await verdictOnDocument(good, { certificates: [certificate] });
    assert.deepEqual([strange.valid, strange.signature.problem?.code], [false, 'key-unknown']);
  });

  it('does not verify where a byte of it is another, is put in or left out, or it is cut off', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(3),
        async (at, by, way) => {
          const [before, byte, after] = [
            good.subarray(0, at),
            Buffer.of(good[at]! ^ by),
            good.subarray(at + 1),
          ];
          const changed = [
            [before, byte, after],
            [before, after],
            [before, byte, good.subarray(at)],
            [before],
          ][way]!;
          const verdict = await verdictOnDocument(Buffer.concat(changed));
          assert.equal(verdict.valid, false);
          assert.ok(wordsOfDocument(verdict).wrong);
        },
      ),
      { numRuns: 150 },
    ));

  it('does not verify where something is appended, or nothing is attached, or it is no PDF', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'other.pdf');
      await writeUnsigned(path, []);
      const files = [Buffer.concat([good, Buffer.from('\n')]), Buffer.concat([good, good])];
      for (const bytes of [
        ...files,
        await signed(await readFile(path)),
        Buffer.from('%PDF-1.7\n'),
        Buffer.alloc(0),
      ]) {
        const verdict = await verdictOnDocument(bytes);
        assert.equal(verdict.valid, false);
        assert.ok(wordsOfDocument(verdict).wrong);
      }
    }));

  it('does not verify where another program saved it', { skip: withoutTools('qpdf') }, () =>
    withFolder(async (folder) => {
      const [from, to] = [join(folder, 'good.pdf'), join(folder, 'saved.pdf')];
      writeFileSync(from, good);
      assert.equal(runTool('qpdf', from, to)?.status, 0);
      assert.equal((await verdictOnDocument(await readFile(to))).valid, false);
    }),
  );

  it('holds the evidence as it is', async () => {
    const attachments = attachmentsOf(openPdf(inMemory(good)));
    assert.ok(attachments.ok);
    const content: Buffer[] = [];
    for await (const chunk of attachments.value.get('evidence.jsonl')!.content()) content.push(chunk);
    assert.equal(Buffer.concat(content).toString('utf8'), evidence);
  });
});
