import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { inMemory } from '../../src/pades/random-access.ts';
import { sealPdf } from '../../src/pades/seal.ts';
import { heldSigner } from '../../src/pades/signer.ts';
import { type SignatureVerdict, verifyPdfSignature } from '../../src/pades/verify.ts';
import { withFolder } from '../vault/kit.ts';
import {
  day,
  hierarchy,
  type Identity,
  identityOf,
  signedAt,
  signerOf,
  writeSigned,
  writeUnsigned,
} from './kit.ts';

let pdf: Buffer;
let chain: Awaited<ReturnType<typeof hierarchy>>;

before(async () => {
  chain = await hierarchy();
  await withFolder(async (folder) => {
    const path = join(folder, 'signed.pdf');
    await writeSigned(path, signerOf(chain));
    pdf = await readFile(path);
  });
});

const verdictOf = (
  bytes: Buffer,
  trusted = [chain.root.certificate],
  now = signedAt + day,
): SignatureVerdict => verifyPdfSignature(inMemory(bytes), { trusted, now });

const codeOf = (bytes: Buffer, ...against: [trusted?: Identity['certificate'][], now?: number]) =>
  verdictOf(bytes, ...against).problem?.code;

it('a signed document is valid for whoever trusts its root, an issuer on the way, or the signer itself', () => {
  for (const { certificate } of [chain.root, chain.issuer, chain.leaf]) {
    const verdict = verdictOf(pdf, [certificate]);
    assert.deepEqual([verdict.problem, verdict.valid], [undefined, true]);
    assert.equal(verdict.checked.length, 4);
    assert.deepEqual(verdict.signedAt, { time: new Date(signedAt).toISOString(), by: 'signer' });
    assert.equal(verdict.signer?.name, 'CN=Report signer');
  }
});

it('a key to which nothing trusted leads is not known', async () => {
  assert.equal(codeOf(pdf, []), 'key-unknown');
  const namesake = await hierarchy();
  assert.equal(codeOf(pdf, [namesake.root.certificate]), 'key-unknown');
});

it('no byte of the file can be another one', () => {
  const accepted: number[] = [];
  const stride = 127;
  for (let at = 0; at < pdf.length; at += stride) {
    const bytes = Buffer.from(pdf);
    bytes[at]! ^= 1 << (at % 8);
    if (verdictOf(bytes).valid) accepted.push(at);
  }
  assert.deepEqual(accepted, []);
});

it('no byte of the signature itself can be another one', () => {
  const start = pdf.indexOf('/Contents <') + '/Contents <'.length;
  for (let at = start; at < start + 2 * 1200; at += 3) {
    const bytes = Buffer.from(pdf);
    const bit = at % 7;
    bytes[at]! ^= 1 << bit;
    assert.equal(verdictOf(bytes).valid, false, `byte ${at}, bit ${bit}`);
  }
});

it('a file that is cut off anywhere is a verdict', () => {
  for (let length = 0; length < pdf.length; length += 97)
    assert.equal(verdictOf(pdf.subarray(0, length)).valid, false);
});

it('a file with more behind its end is refused, as an incremental update is', () => {
  assert.equal(codeOf(Buffer.concat([pdf, Buffer.from('\n')])), 'foreign-pdf');
  const table = pdf.lastIndexOf('xref\n0 ');
  const update = `3 0 obj\n<<>>\nendobj\nxref\n3 1\n0000000000 00000 n \ntrailer\n<< /Size 9 /Prev ${table} >>\nstartxref\n${pdf.length + 20}\n%%EOF\n`;
  assert.equal(codeOf(Buffer.concat([pdf, Buffer.from(update)])), 'foreign-pdf');
});

it('a document without signature, with an empty one, or of another program says so', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'unsigned.pdf');
    await writeUnsigned(path);
    const unsigned = await readFile(path);
    assert.equal(codeOf(unsigned), 'byte-range');
    const without = Buffer.from(unsigned.toString('latin1').replace('/AcroForm', '/AcroFoam'), 'latin1');
    assert.equal(codeOf(without), 'signature-missing');
    assert.equal(codeOf(Buffer.from('no PDF at all')), 'foreign-pdf');
    assert.equal(codeOf(Buffer.alloc(0)), 'foreign-pdf');
  }));

it('a signature that permits changes, or does not certify, is refused', async () => {
  const as = (from: string, to: string) => Buffer.from(pdf.toString('latin1').replace(from, to), 'latin1');
  assert.equal(codeOf(as('/P 1\n', '/P 2\n')), 'not-certified');
  assert.equal(codeOf(as('/TransformMethod /DocMDP', '/TransformMethod /DocMDQ')), 'not-certified');
  assert.equal(codeOf(as('/Perms <<\n/DocMDP', '/Perms <<\n/DocMDQ')), 'not-certified');
  assert.equal(codeOf(as('/ETSI.CAdES.detached', '/adbe.pkcs7.detached')), 'signature-malformed');
});

it('a certificate is judged at the time of signing, and what has come since is said', async () => {
  const later = verdictOf(pdf, [chain.root.certificate], signedAt + 365 * day);
  assert.equal(later.valid, true);
  assert.match(later.notes.join(' '), /has expired since; that it had not before is what the signer says\./);
  assert.equal(codeOf(pdf, [chain.root.certificate], signedAt - day), 'signed-in-the-future');
});

const sealedBy = async (identity: Identity, others: Identity[] = []): Promise<Buffer> => {
  let sealed: Buffer = Buffer.alloc(0);
  await withFolder(async (folder) => {
    const path = join(folder, 'sealed.pdf');
    await writeUnsigned(path);
    const certificates = [identity.certificate, ...others.map(({ certificate }) => certificate)] as const;
    const signer = heldSigner(identity.key, certificates);
    sealed = await readFile(path);
    const outcome = await sealPdf(inMemory(sealed), { signer, certificates, signedAt });
    assert.deepEqual(outcome, { ok: true, value: {} });
  });
  return sealed;
};

it('whoever signed with a certificate that was not valid, or not for signing, is found out', async () => {
  const mayIssue = { usage: 'keyCertSign', issuer: {} } as const;
  const cases = [
    ['certificate-expired', { until: signedAt - day }],
    ['certificate-not-yet-valid', { from: signedAt + day }],
    ['certificate-unfit', { usage: 'keyCertSign' }],
  ] as const;
  for (const [code, terms] of cases) {
    const self = await identityOf(terms);
    assert.equal(codeOf(await sealedBy(self), [self.certificate]), code);
  }
  const { root, issuer } = await hierarchy();
  const late = await identityOf({ commonName: 'Late issuer', ...mayIssue, until: signedAt - day }, root);
  const below = await identityOf({}, late);
  assert.equal(codeOf(await sealedBy(below, [late]), [root.certificate]), 'certificate-expired');
  const second = await identityOf({ commonName: 'Second issuer', ...mayIssue }, issuer);
  const tooDeep = await identityOf({}, second);
  assert.equal(codeOf(await sealedBy(tooDeep, [second, issuer]), [root.certificate]), 'certificate-unfit');
  const leaf = await identityOf({}, root);
  const impostor = await identityOf({}, leaf);
  assert.equal(codeOf(await sealedBy(impostor, [leaf]), [root.certificate]), 'key-unknown');
});

it('a signature with a certificate that has no part in it is refused', async () => {
  const [self, stranger] = [await identityOf({}), await identityOf({})];
  assert.equal(codeOf(await sealedBy(self, [stranger]), [self.certificate]), 'signature-malformed');
});
