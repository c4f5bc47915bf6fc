import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { inMemory } from '../../src/pades/random-access.ts';
import { signPdf } from '../../src/pades/sign.ts';
import { type DocumentSigner, heldSigner } from '../../src/pades/signer.ts';
import { withFolder } from '../vault/kit.ts';
import { day, hierarchy, identityOf, signedAt, signerOf, writeUnsigned } from './kit.ts';

let unsigned: Buffer;
let signer: DocumentSigner;
before(async () => {
  signer = signerOf(await hierarchy());
  await withFolder(async (folder) => {
    const path = join(folder, 'unsigned.pdf');
    await writeUnsigned(path);
    unsigned = await readFile(path);
  });
});

const sign = (bytes: Buffer, changed: Partial<Parameters<typeof signPdf>[1]> = {}) =>
  signPdf(inMemory(bytes), { signer, clock: () => signedAt, ...changed });

const problemOf = async (...parts: Parameters<typeof sign>) => {
  const signed = await sign(...parts);
  return signed.ok ? 'signed' : signed.problem.code;
};

it('what is signed differs from what was rendered only in range, time and signature', async () => {
  const bytes = Buffer.from(unsigned);
  assert.deepEqual(await sign(bytes), {
    ok: true,
    value: { level: 'B-B', signer: 'CN=Report signer', signedAt: '2026-11-20T09:30:00.000Z' },
  });
  const plain = (pdf: Buffer) =>
    pdf
      .toString('latin1')
      .replace(/\/ByteRange \[[\d ]+\]/, '')
      .replace(/\/Contents <[\da-f]+>/, '')
      .replace(/\/M \(D:\d{14}Z\)/, '');
  assert.equal(bytes.length, unsigned.length);
  assert.equal(plain(bytes), plain(unsigned));
  assert.match(bytes.toString('latin1'), /\/M \(D:20261120093000Z\)/);
});

it('a document is signed once', async () => {
  const bytes = Buffer.from(unsigned);
  assert.equal(await problemOf(bytes), 'signed');
  const before = Buffer.from(bytes);
  assert.equal(await problemOf(bytes), 'signature-doubled');
  assert.deepEqual(bytes, before);
});

it('a signer who may not sign leaves the document as it was', async () => {
  const bytes = Buffer.from(unsigned);
  assert.equal(await problemOf(bytes, { clock: () => signedAt + 31 * day }), 'certificate-expired');
  assert.deepEqual(bytes, unsigned);
  assert.equal(await problemOf(Buffer.from('no PDF')), 'foreign-pdf');
});

it('a key that is gone, or is another than the certificate says, signs nothing', async () => {
  const gone = {
    ...signer,
    sign: async () => {
      throw new Error('the token was taken out');
    },
  };
  const signed = await sign(Buffer.from(unsigned), { signer: gone });
  assert.deepEqual(!signed.ok && signed.problem, {
    code: 'key-unavailable',
    detail: 'The key of CN=Report signer did not sign: the token was taken out.',
  });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = heldSigner(privateKey, signer.certificates, signer.anchors);
  assert.equal(await problemOf(Buffer.from(unsigned), { signer: other }), 'key-mismatch');
});

it('certificates that are too large for their place are refused, and cut nothing off', async () => {
  const bytes = Buffer.from(unsigned);
  const timestampAuthority = {
    stamp: async () => ({ ok: true, value: { token: Buffer.alloc(30_000, 0x30), time: signedAt } }) as const,
  };
  assert.equal(await problemOf(bytes, { timestampAuthority }), 'signature-too-large');
  assert.equal(bytes.length, unsigned.length);
  assert.match(bytes.toString('latin1'), /\/Contents <0+>/);
});

it('whoever aborts is told so', async () => {
  const { certificate, key } = await identityOf({});
  await assert.rejects(
    sign(Buffer.from(unsigned), { signer: heldSigner(key, [certificate]), signal: AbortSignal.abort() }),
    { name: 'AbortError' },
  );
});
