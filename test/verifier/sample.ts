import { writeFileSync } from 'node:fs';
import { sealed } from './kit.ts';
import { story } from './story.ts';

/** The packages of docs/evidence-format.md section 8: `node test/verifier/sample.ts` writes others of the same story. */
export const sampleFile = new URL('../data/evidence/package.jsonl', import.meta.url);
export const registerFile = new URL('../data/evidence/register.jsonl', import.meta.url);
export const earlierFile = new URL('../data/evidence/package-earlier.txt', import.meta.url);

if (import.meta.main) {
  const { records, register, earlier } = await story();
  writeFileSync(sampleFile, sealed(records));
  writeFileSync(registerFile, sealed(register));
  writeFileSync(earlierFile, earlier);
}
