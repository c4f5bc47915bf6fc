import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { openKeyFileSigner } from '../../src/pades/key-file.ts';
import { checkSignerAt } from '../../src/pades/signer.ts';
import { KeysRefused } from '../../src/vault/master-key.ts';
import { withFolder } from '../vault/kit.ts';
import { day, hierarchy, identityOf, signedAt, writePem } from './kit.ts';

/** The files of a signer below an issuer below a root. */
const withFiles = (
  use: (
    files: Readonly<Record<'keyFile' | 'certificatesFile' | 'anchorsFile', string>>,
    chain: Awaited<ReturnType<typeof hierarchy>>,
  ) => Promise<void>,
) =>
  withFolder(async (folder) => {
    const chain = await hierarchy();
    const [keyFile, certificatesFile, anchorsFile] = ['key', 'certificates', 'anchors'].map((name) =>
      join(folder, `${name}.pem`),
    ) as [string, string, string];
    const { leaf, issuer, root } = chain;
    await writeFile(keyFile, leaf.key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    await writePem(certificatesFile, [leaf.certificate, issuer.certificate]);
    await writePem(anchorsFile, [root.certificate]);
    await use({ keyFile, certificatesFile, anchorsFile }, chain);
  });

it('a key file signs with its certificates, without the root', () =>
  withFiles(async (files, { leaf, issuer }) => {
    const signer = await openKeyFileSigner(files);
    const checked = checkSignerAt(signer, signedAt);
    assert.ok(checked.ok);
    assert.deepEqual(
      checked.value.map(String),
      [leaf, issuer].map(({ certificate }) => String(certificate)),
    );
    assert.ok((await signer.sign(Buffer.from('bytes'))).length > 60);
  }));

it('a key file that is missing, open to others, damaged or of another certificate is refused by name', () =>
  withFiles(async (files, chain) => {
    const { keyFile, certificatesFile } = files;
    const refused = (message: RegExp, changed = files) =>
      assert.rejects(openKeyFileSigner(changed), (error: unknown) => {
        assert.ok(error instanceof KeysRefused);
        assert.match(error.message, message);
        return true;
      });
    await refused(/nowhere, the key that signs reports, is not there/, { ...files, keyFile: '/nowhere' });
    await refused(/nowhere cannot be read \(ENOENT\)/, { ...files, certificatesFile: '/nowhere' });
    await refused(/does not hold certificates/, { ...files, anchorsFile: keyFile });
    await writePem(certificatesFile, [chain.issuer.certificate]);
    await refused(/is not the key of CN=Issuer/);
    await chmod(keyFile, 0o644);
    await refused(/open to others/);
    await chmod(keyFile, 0o600);
    await writeFile(keyFile, 'nonsense');
    await refused(/does not hold a private key/);
  }));

it('a signer may sign only within its validity, for signing, and below its anchor', async () => {
  const codeOf = async (terms: Parameters<typeof identityOf>[0], at = signedAt) => {
    const { key, certificate } = await identityOf(terms);
    const checked = checkSignerAt(
      { certificates: [certificate], sign: async () => Buffer.from(String(key)) },
      at,
    );
    return checked.ok ? 'may sign' : checked.problem.code;
  };
  assert.equal(await codeOf({}), 'may sign');
  assert.equal(await codeOf({}, signedAt + 31 * day), 'certificate-expired');
  assert.equal(await codeOf({}, signedAt - 31 * day), 'certificate-not-yet-valid');
  assert.equal(await codeOf({ usage: 'keyCertSign' }), 'certificate-unfit');
  const { root, leaf, issuer } = await hierarchy();
  const sign = async () => Buffer.alloc(0);
  const withoutIssuer = checkSignerAt(
    { certificates: [leaf.certificate], anchors: [root.certificate], sign },
    signedAt,
  );
  assert.equal(!withoutIssuer.ok && withoutIssuer.problem.code, 'key-unknown');
  const withoutRoot = checkSignerAt({ certificates: [leaf.certificate, issuer.certificate], sign }, signedAt);
  assert.equal(!withoutRoot.ok && withoutRoot.problem.code, 'key-unknown');
});
