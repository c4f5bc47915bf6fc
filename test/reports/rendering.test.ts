import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import {
  type ExportErasure,
  type ExportHeader,
  type ExportLanguage,
  type ExportRecord,
  exportKinds,
  exportLanguages,
  rendering,
} from '../../schemas/export/package.ts';
import { inMemory, openPdf } from '../../src/pades/port.ts';
import { rendered } from './kit.ts';
import { fullStory } from './story.ts';

/** Of all objects of the documents below, by rendering. One that was issued with it is never drawn otherwise. */
const known: Readonly<Record<number, string>> = {
  1: '04d8c286973ae7a73ca33dd65e920ee3a2cc5388f24cb1d1f723f56bf31a2ee5',
};

/** An export with each erasure as `state` has it, or with nothing stated of it. */
const stating = function* (parts: Partial<ExportHeader>, state: (stated: ExportErasure) => ExportErasure[]) {
  for (const record of fullStory({ kind: 'erasures', ...parts }))
    yield* record.record === 'erasure' ? state(record) : [record];
};

const erasureId = '5f0d4c52-7d0e-4b2b-8f0e-1b7a51f9d3a2';
const officer = (subject: string) => ({ issuer: 'https://login.north.example', subject });
const certified = ({ irrecoverableOnceEpochRetired: _, suppressed: __, ...stated }: ExportErasure) => [
  { ...stated, requestedBy: officer('officer-1'), approvedBy: officer('officer-2') },
];

const irrecoverable = (stated: ExportErasure) => [{ ...stated, irrecoverableSince: stated.unreadableSince }];

/** Of each language: every kind, every cohort, and what else is said in other words on other occasions. */
const exportsIn = (language: ExportLanguage): (() => Iterable<ExportRecord>)[] => [
  ...exportKinds.map((kind) => () => fullStory({ language, kind })),
  () => fullStory({ language, cohort: { by: 'all' }, period: {} }),
  () => fullStory({ language, cohort: { by: 'form', formId: 'treatment' } }),
  () => stating({ language, cohort: { by: 'all' } }, () => []),
  () => stating({ language, cohort: { by: 'erasure', erasureId } }, certified),
  () => stating({ language, cohort: { by: 'all' } }, irrecoverable),
];

/** What documents hold, whatever zlib wrote them. */
const digestOf = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const language of exportLanguages)
    for (const records of exportsIn(language)) {
      const document = await rendered(records);
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
