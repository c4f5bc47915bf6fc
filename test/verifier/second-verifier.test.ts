import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ExportRecord } from '../../schemas/export/package.ts';
import { verifierKey } from '../../src/evidence/signed-note.ts';
import { withoutTools } from '../pades/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { sealed, signer, verdictOn } from './kit.ts';
import { mutations } from './mutations.ts';
import { headed, wrongHeaders } from './registers.ts';
import { earlierFile, registerFile, sampleFile } from './sample.ts';

const script = fileURLToPath(new URL('./verify.py', import.meta.url));
const samples = [sampleFile, registerFile].map((file) => {
  const bytes = readFileSync(file);
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  return { bytes, records: lines.slice(0, -1).map((line) => JSON.parse(line) as ExportRecord) };
});

/** What the verifier in another language says of each of these packages. */
const elsewhere = async (packages: readonly Buffer[]): Promise<string[]> => {
  let said = '';
  await withFolder(async (folder) => {
    const files = packages.map((one, at) => {
      const file = join(folder, `${at}.jsonl`);
      writeFileSync(file, one);
      return file;
    });
    const keys = join(folder, 'keys.txt');
    writeFileSync(keys, `${verifierKey(signer.name, signer.privateKey)}\n`);
    const run = spawnSync('python3', [script, keys, ...files], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    said = run.stdout;
  });
  return said.trimEnd().split('\n');
};

describe('the packages of docs/evidence-format.md', () => {
  it('verify, and go on from the checkpoint beside them', async () => {
    for (const { bytes } of samples) {
      const { valid, fault, grownFrom } = await verdictOn(bytes, readFileSync(earlierFile, 'utf8'));
      assert.ok(valid, fault?.detail);
      assert.ok(grownFrom! > 0);
    }
  });

  it('are judged alike by a verifier in another language', { skip: withoutTools('python3') }, async () => {
    assert.deepEqual(await elsewhere(samples.map(({ bytes }) => bytes)), ['valid', 'valid']);
    const changed = samples.flatMap((sample) =>
      Object.values(mutations).flatMap((mutate) =>
        Array.from({ length: 12 }, () => mutate(sample, (n) => randomInt(n)) ?? sample.bytes),
      ),
    );
    const said = await elsewhere(changed);
    assert.equal(said.length, changed.length);
    for (const [at, one] of changed.entries()) {
      const { valid, fault } = await verdictOn(one);
      // It works no answer out again, and knows no payload but its hash.
      if (!valid && ['answer', 'payload'].includes(fault!.code)) continue;
      assert.equal(said[at] === 'valid', valid, `${fault?.detail}: ${said[at]}: ${one.toString('base64')}`);
    }
  });

  it('are judged alike where the header of the register is another', {
    skip: withoutTools('python3'),
  }, async () => {
    const { records } = samples[1]!;
    const all = wrongHeaders(records).map(([, , changes]) => sealed(headed(records, changes)));
    const said = await elsewhere(all.map((text) => Buffer.from(text, 'utf8')));
    for (const [at, [why, code]] of wrongHeaders(records).entries()) {
      assert.equal((await verdictOn(all[at]!)).fault?.code, code, why);
      assert.match(said[at]!, /^wrong/, why);
    }
  });
});
