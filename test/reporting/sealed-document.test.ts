import assert from 'node:assert/strict';
import { createHash, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { ExportFile, nothingYet } from '../../src/reporting/export-file.ts';
import { SealedDocument } from '../../src/reporting/sealed-document.ts';
import { withFolder } from '../vault/kit.ts';

/** Lengths on both sides of a chunk's (64 KiB) and of two. */
const length = fc.oneof(fc.nat(200), fc.integer({ min: 65_530, max: 65_540 }), fc.nat(150_000));
const place = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length });

it('a document is what was appended and overwritten, wherever it is read', () =>
  withFolder(async (folder) => {
    const whole = fc.asyncProperty(
      fc.array(length, { minLength: 1, maxLength: 6 }),
      fc.array(place, { maxLength: 4 }),
      fc.array(place, { maxLength: 4 }),
      async (appended, overwritten, read) => {
        const exportId = randomUUID();
        const file = new ExportFile(join(folder, exportId), {
          exportId,
          key: createSecretKey(randomBytes(32)),
        });
        file.begin();
        const document = new SealedDocument(file);
        const expected = Buffer.concat(appended.map((one) => randomBytes(one)));
        let from = 0;
        for (const one of appended) {
          document.append(expected.subarray(from, from + one));
          from += one;
        }
        for (const { at, length } of overwritten) {
          const offset = Math.floor(at * expected.length);
          const bytes = randomBytes(Math.min(length, expected.length - offset));
          document.write(offset, bytes);
          bytes.copy(expected, offset);
        }
        for (const { at, length } of [...read, { at: 0, length: expected.length }]) {
          const offset = Math.floor(at * expected.length);
          assert.ok(document.read(offset, length).equals(expected.subarray(offset, offset + length)));
        }
        const sha256 = createHash('sha256').update(expected).digest('hex');
        assert.deepEqual(document.finish(), { sha256, bytes: expected.length });
        file.commit({ stage: 'signed', next: 0, totals: nothingYet });
        assert.ok(Buffer.concat([...file.readAll('document')]).equals(expected));
        file.close();
      },
    );
    await fc.assert(whole, { numRuns: 40 });
  }));
