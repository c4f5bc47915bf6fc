import { writeFileSync } from 'node:fs';
import { sealed } from './kit.ts';
import { story } from './story.ts';

/** The package of docs/evidence-format.md section 8: `node test/verifier/sample.ts` writes another of the same story. */
export const sampleFile = new URL('../data/evidence/package.jsonl', import.meta.url);
export const earlierFile = new URL('../data/evidence/package-earlier.txt', import.meta.url);

if (import.meta.main) {
  const { records, earlier } = await story();
  writeFileSync(sampleFile, sealed(records));
  writeFileSync(earlierFile, earlier);
}
