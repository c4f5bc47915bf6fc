import assert from 'node:assert/strict';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { checkReportSignerCommand, initReportSignerCommand } from '../src/cli/report-signer.ts';
import { loadConfig } from '../src/config.ts';
import { openReportSigning, problemUnsigned, refusalUnsigned } from '../src/report-signing.ts';
import { KeysRefused } from '../src/vault/master-key.ts';
import { hierarchy, signFile, writePem, writeUnsigned } from './pades/kit.ts';
import { withFolder } from './vault/kit.ts';

const placesIn = (folder: string, environment: Record<string, string> = {}) => {
  const loaded = loadConfig(undefined, { CONSENT_LEDGER_KEYS_FOLDER: join(folder, 'keys'), ...environment });
  assert.ok(loaded.ok);
  return loaded.config;
};

it('a self-signed key is made once, for its owner alone, and signs', () =>
  withFolder(async (folder) => {
    const places = placesIn(folder);
    await mkdir(places.keysFolder, { mode: 0o700 });
    await assert.rejects(openReportSigning(places), {
      name: 'KeysRefused',
      message: /no key signs reports.*keys init-report-signer/,
    });
    const said = await initReportSignerCommand(places, Date.now());
    assert.match(said, /self-signed/);
    assert.equal((await stat(join(places.keysFolder, 'report-signer.key'))).mode & 0o777, 0o600);
    await assert.rejects(initReportSignerCommand(places, Date.now()), KeysRefused);
    const signing = await openReportSigning(places);
    assert.ok(said.includes(signing.signer.certificates[0].fingerprint256));
    assert.match(
      await checkReportSignerCommand(places, Date.now()),
      /CN=Consent Ledger \(self-signed\) signs reports.*No timestamp authority/s,
    );
    await assert.rejects(checkReportSignerCommand(places, Date.now() + 3 * 365 * 86_400_000), /expired at/);
    const path = join(folder, 'report.pdf');
    await writeUnsigned(path);
    assert.deepEqual(problemUnsigned({ code: 'certificate-expired', detail: '' }, places), {
      reason: 'certificate-expired',
      setting: 'keysFolder',
    });
    const signed = await signFile(path, { ...signing, clock: Date.now });
    assert.deepEqual(signed.ok && signed.value.signer, 'CN=Consent Ledger (self-signed)');
  }));

it('a timestamp authority is opened with what its certificate must lead to', () =>
  withFolder(async (folder) => {
    const anchors = join(folder, 'tsa.pem');
    const prefix = 'CONSENT_LEDGER_REPORT_SIGNING_TIMESTAMP_';
    const settings = { [`${prefix}URL`]: 'http://127.0.0.1:9/', [`${prefix}ANCHORS_FILE`]: anchors };
    const places = placesIn(folder, settings);
    await mkdir(places.keysFolder, { mode: 0o700 });
    await initReportSignerCommand(places, Date.now());
    await assert.rejects(openReportSigning(places), { message: /tsa\.pem cannot be read \(ENOENT\)/ });
    await writePem(anchors, [(await hierarchy()).root.certificate]);
    const { timestampAuthority } = await openReportSigning(places);
    const stamped = await timestampAuthority!.stamp(Buffer.from('signature'));
    assert.equal(!stamped.ok && stamped.problem.code, 'timestamp-unavailable');
  }));

it('what was refused is told by the setting that names it, and never by what the setting says', () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const places = placesIn(folder, {
      CONSENT_LEDGER_REPORT_SIGNING_CERTIFICATES_FILE: at('certificates.pem'),
      CONSENT_LEDGER_REPORT_SIGNING_PKCS11_MODULE_FILE: at('module.so'),
      CONSENT_LEDGER_REPORT_SIGNING_PKCS11_TOKEN_LABEL: 'token',
      CONSENT_LEDGER_REPORT_SIGNING_PKCS11_KEY_LABEL: 'key',
      CONSENT_LEDGER_REPORT_SIGNING_PKCS11_PIN_FILE: at('pin'),
    });
    const refused = () =>
      openReportSigning(places).then(
        () => assert.fail('it was opened'),
        (error: unknown) => refusalUnsigned(error, places).setting,
      );
    assert.equal(await refused(), 'reportSigning.certificatesFile');
    await writePem(at('certificates.pem'), [(await hierarchy()).root.certificate]);
    assert.equal(await refused(), 'reportSigning.pkcs11.pinFile');
    await writeFile(at('pin'), '1234\n', { mode: 0o644 });
    assert.equal(await refused(), 'reportSigning.pkcs11.pinFile');
    await chmod(at('pin'), 0o600);
    assert.equal(await refused(), 'reportSigning.pkcs11.moduleFile');
    for (const [code, setting] of [
      ['key-unavailable', 'reportSigning.pkcs11'],
      ['key-unknown', 'reportSigning.certificatesFile'],
      ['timestamp-invalid', 'reportSigning.timestamp.url'],
      ['foreign-pdf', undefined],
    ] as const)
      assert.equal(problemUnsigned({ code, detail: '' }, places).setting, setting, code);
  }));
