import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { inMemory } from '../../src/pades/random-access.ts';
import { verifyPdfSignature } from '../../src/pades/verify.ts';
import { withFolder } from '../vault/kit.ts';
import {
  day,
  hierarchy,
  partsOf,
  runTool,
  signedAt,
  signerOf,
  withoutTools,
  writePem,
  writeSigned,
} from './kit.ts';

const rsaKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A signed document in a folder, and the root that its signer leads to. */
const withSigned = async (
  kind: 'RSA' | 'ECDSA',
  use: (path: string, folder: string, chain: Awaited<ReturnType<typeof hierarchy>>) => Promise<void>,
): Promise<void> =>
  withFolder(async (folder) => {
    const chain = await (kind === 'RSA' ? hierarchy({}, rsaKeys()) : hierarchy());
    const path = join(folder, 'signed.pdf');
    await writeSigned(path, signerOf(chain));
    await use(path, folder, chain);
  });

for (const kind of ['RSA', 'ECDSA'] as const)
  describe(`a document that was signed with ${kind}`, () => {
    it('is valid to pdfsig, and altered after a byte was', { skip: withoutTools('pdfsig') }, () =>
      withSigned(kind, async (path) => {
        const said = runTool('pdfsig', path)!.text;
        assert.match(said, /Signature Validation: Signature is Valid\./);
        assert.match(said, /Total document signed/);
        assert.match(said, /Signature Type: ETSI\.CAdES\.detached/);
        assert.match(said, /Signer Certificate Common Name: Report signer/);
        await alter(path);
        assert.match(runTool('pdfsig', path)!.text, /Digest Mismatch/);
      }),
    );

    it('is valid to openssl, certificate and all', { skip: withoutTools('openssl') }, () =>
      withSigned(kind, async (path, folder, { root }) => {
        const [cms, content, roots] = ['cms', 'content', 'roots'].map((name) => join(folder, name));
        const verify = async () => {
          const parts = partsOf(await readFile(path));
          await writeFile(cms!, parts.cms);
          await writeFile(content!, parts.covered);
          const at = ['-attime', String(signedAt / 1000), '-purpose', 'any', '-CAfile', roots!];
          const given = ['-inform', 'DER', '-binary', '-in', cms!, '-content', content!, '-out', '/dev/null'];
          return runTool('openssl', 'cms', '-verify', '-cades', ...at, ...given)!;
        };
        await writePem(roots!, [root.certificate]);
        assert.match((await verify()).text, /CAdES Verification successful/);
        await alter(path);
        const altered = await verify();
        assert.notEqual(altered.status, 0);
        assert.match(altered.text, /digest failure|verification failure/i);
      }),
    );

    it('is unchanged to mutool, and changed after a byte was', { skip: withoutTools('mutool') }, () =>
      withSigned(kind, async (path) => {
        assert.match(
          runTool('mutool', 'sign', '-v', path)!.text,
          /The document is unchanged since signing\./,
        );
        await alter(path);
        assert.match(
          runTool('mutool', 'sign', '-v', path)!.text,
          /Digest error: Signature invalidated by change to document/,
        );
      }),
    );
  });

/** Flips a bit in the attachment. */
const alter = async (path: string): Promise<void> => {
  const pdf = await readFile(path);
  const at = pdf.lastIndexOf('/EmbeddedFile');
  pdf[pdf.indexOf('stream\n', at) + 12]! ^= 1;
  await writeFile(path, pdf);
};

describe('a signed document that other programs have touched', () => {
  let chain: Awaited<ReturnType<typeof hierarchy>>;
  before(async () => {
    chain = await hierarchy();
  });
  const verdictOf = async (path: string) =>
    verifyPdfSignature(inMemory(await readFile(path)), {
      trusted: [chain.root.certificate],
      now: signedAt + day,
    });

  it('is in order to qpdf; what qpdf saves again is not the document', { skip: withoutTools('qpdf') }, () =>
    withFolder(async (folder) => {
      const [path, saved] = [join(folder, 'signed.pdf'), join(folder, 'saved.pdf')];
      await writeSigned(path, signerOf(chain));
      assert.match(runTool('qpdf', '--check', path)!.text, /No syntax or stream encoding errors found/);
      assert.equal(runTool('qpdf', path, saved)!.status, 0);
      assert.equal((await verdictOf(path)).valid, true);
      assert.equal((await verdictOf(saved)).problem?.code, 'foreign-pdf');
    }),
  );

  it(
    'is refused after an incremental update, though its signature still holds',
    { skip: withoutTools('mutool', 'pdfsig') },
    () =>
      withFolder(async (folder) => {
        const [path, updated] = [join(folder, 'signed.pdf'), join(folder, 'updated.pdf')];
        const script = join(folder, 'update.js');
        await writeSigned(path, signerOf(chain));
        const steps = `var doc = new PDFDocument(${JSON.stringify(path)}); doc.getTrailer().Info.put('Title', 'another'); doc.save(${JSON.stringify(updated)}, 'incremental');`;
        await writeFile(script, steps);
        const made = runTool('mutool', 'run', script)!;
        assert.equal(made.status, 0, made.text);
        assert.match(runTool('pdfsig', updated)!.text, /Not total document signed/);
        assert.equal((await verdictOf(updated)).problem?.code, 'foreign-pdf');
      }),
  );
});
