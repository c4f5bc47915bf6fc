import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { exportKinds, exportLanguages, rendering } from '../../schemas/export/package.ts';
import { inMemory, openPdf } from '../../src/pades/port.ts';
import { rendered } from './kit.ts';
import { fullStory } from './story.ts';

/** Of all objects of the documents below, by rendering. One that was issued with it is never drawn otherwise. */
const known: Readonly<Record<number, string>> = {
  1: '882ddf5d1c057a94a5ea8fd08cde8dd159654cfef685b796db406330da4626be',
};

/** What documents hold, whatever zlib wrote them. */
const digestOf = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const language of exportLanguages)
    for (const kind of exportKinds) {
      const document = await rendered(() => fullStory({ language, kind }));
      for (const { start, end, stream, value } of openPdf(inMemory(document)).objects()) {
        // How long the attachment is depends on the zlib that wrote it.
        if (typeof value === 'number') continue;
        if (stream === undefined) hash.update(document.subarray(start, end));
        else if (value instanceof Map && value.get('/Filter') === '/FlateDecode')
          hash.update(inflateSync(document.subarray(...stream)));
        else hash.update(document.subarray(...stream));
      }
    }
  return hash.digest('hex');
};

test('documents are drawn as they were when this rendering was published, to be verified for good', async () => {
  const digest = await digestOf();
  const why = `rendering ${rendering} draws other pages than before: raise \`rendering\`, and put ${digest} under it`;
  assert.equal(known[rendering], digest, why);
});
