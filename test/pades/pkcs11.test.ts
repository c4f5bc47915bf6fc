import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openPkcs11Signer, type Pkcs11Places } from '../../src/pades/pkcs11.ts';
import { inMemory } from '../../src/pades/random-access.ts';
import { verifyPdfSignature } from '../../src/pades/verify.ts';
import { KeysRefused } from '../../src/vault/master-key.ts';
import { hierarchy, runTool, signedAt, signFile, withoutTools, writePem, writeUnsigned } from './kit.ts';

const folders = ['/usr/lib/softhsm', '/usr/local/lib/softhsm', '/usr/lib64/pkcs11'];
const module = folders.map((folder) => join(folder, 'libsofthsm2.so')).find((path) => existsSync(path));
/** An optional package: it is compiled where it is installed. */
const binding: string = 'pkcs11js';
const unbound = await import(binding).then(
  () => false as const,
  () => `${binding} was not compiled here`,
);
const skip =
  withoutTools('softhsm2-util') || (module === undefined && 'the module of SoftHSM2 is not found') || unbound;

const pin = '987654';
type Kind = 'RSA' | 'ECDSA';

describe('a key in a token of SoftHSM2', { skip }, () => {
  let folder: string;
  let chains: Readonly<Record<Kind, Awaited<ReturnType<typeof hierarchy>>>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consent-ledger-'));
    await mkdir(join(folder, 'tokens'));
    await writeFile(join(folder, 'softhsm2.conf'), `directories.tokendir = ${folder}/tokens\n`);
    process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
    await writeFile(join(folder, 'pin'), `${pin}\n`, { mode: 0o600 });
    run('--init-token', '--free', '--label', 'reports', '--so-pin', '123456', '--pin', pin);
    const rsaKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    chains = { RSA: await hierarchy({}, rsaKeys), ECDSA: await hierarchy() };
    for (const [at, [kind, { leaf, issuer, root }]] of Object.entries(chains).entries()) {
      const key = join(folder, `${kind}.key`);
      await writeFile(key, leaf.key.export({ format: 'pem', type: 'pkcs8' }));
      run('--import', key, '--token', 'reports', '--pin', pin, '--label', kind, '--id', `0${at + 1}`);
      await writePem(join(folder, `${kind}.pem`), [leaf.certificate, issuer.certificate]);
      await writePem(join(folder, `${kind}-root.pem`), [root.certificate]);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (...parameters: string[]) => {
    const made = runTool('softhsm2-util', ...parameters);
    assert.equal(made?.status, 0, made?.text);
  };

  const placesOf = (kind: Kind): Pkcs11Places => ({
    module: module!,
    tokenLabel: 'reports',
    keyLabel: kind,
    pinFile: join(folder, 'pin'),
    certificatesFile: join(folder, `${kind}.pem`),
    anchorsFile: join(folder, `${kind}-root.pem`),
  });

  for (const kind of ['RSA', 'ECDSA'] as const)
    it(`signs documents (${kind}), many at once`, async () => {
      const signer = await openPkcs11Signer(placesOf(kind));
      const trusted = [chains[kind].root.certificate];
      await Promise.all(
        [1, 2, 3, 4].map(async (copy) => {
          const path = join(folder, `${kind}-${copy}.pdf`);
          await writeUnsigned(path);
          const signed = await signFile(path, { signer, clock: () => signedAt });
          assert.ok(signed.ok, JSON.stringify(signed));
          const verdict = verifyPdfSignature(inMemory(await readFile(path)), { trusted, now: signedAt });
          assert.deepEqual([verdict.problem, verdict.valid], [undefined, true]);
        }),
      );
    });

  it('is refused in words where token, key, PIN, module or certificate are not right', async () => {
    const refused = (changed: Partial<Pkcs11Places>, message: RegExp) =>
      assert.rejects(openPkcs11Signer({ ...placesOf('RSA'), ...changed }), (error: unknown) => {
        assert.ok(error instanceof KeysRefused, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, new RegExp(pin));
        return true;
      });
    await refused({ tokenLabel: 'other' }, /there is no token other/);
    await refused({ keyLabel: 'other' }, /it has no private key other/);
    await refused({ module: join(folder, 'pin') }, /is not loaded as a PKCS #11 module/);
    const another = join(folder, 'another.pem');
    await writePem(another, [(await hierarchy()).leaf.certificate]);
    await refused({ keyLabel: 'ECDSA', certificatesFile: another }, /is not that of CN=Report signer/);
    const wrongPin = join(folder, 'wrong-pin');
    await writeFile(wrongPin, '111111', { mode: 0o600 });
    await refused({ pinFile: wrongPin }, /CKR_PIN_INCORRECT/);
    await refused({ pinFile: '/nowhere' }, /nowhere, the PIN of a token, is not there/);
    await chmod(wrongPin, 0o644);
    await refused({ pinFile: wrongPin }, /open to others/);
  });
});
