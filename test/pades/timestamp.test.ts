import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { oid } from '../../src/pades/cms.ts';
import { readSignedData } from '../../src/pades/signed-data.ts';
import { checkTimestamp } from '../../src/pades/timestamp.ts';
import { withFolder } from '../vault/kit.ts';
import { day, type Identity, identityOf, runTool, withoutTools, writePem } from './kit.ts';
import { opensslStamper, stampingHierarchy } from './timestamp-kit.ts';

const skip = withoutTools('openssl');

const openssl = (...parameters: string[]) => {
  const made = runTool('openssl', ...parameters);
  assert.equal(made?.status, 0, made?.text);
};

/** A timestamp token of `authority` over `stamped`. */
const tokenOver = async (stamped: Buffer, folder: string, authority: Identity): Promise<Buffer> => {
  const [file, query, token] = ['stamped', 'query', 'token'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, stamped);
  openssl('ts', '-query', '-data', file, '-sha256', '-cert', '-out', query);
  const reply = await (await opensslStamper(folder, authority))(await readFile(query));
  openssl('ts', '-reply', '-in', reply, '-token_out', '-out', token);
  return readFile(token);
};

const signature = Buffer.from('signature');
const findingOf = (token: Buffer, { root }: { readonly root: Identity }) => {
  const checked = checkTimestamp(token, signature, [root.certificate]);
  return checked.ok ? checked.value.trust.ok : checked.problem.detail;
};

it('a timestamp of which the time, or the signature, is another is none', { skip }, () =>
  withFolder(async (folder) => {
    const chain = await stampingHierarchy();
    const token = await tokenOver(signature, folder, chain.authority);
    assert.equal(findingOf(token, chain), true);
    const content = readSignedData(token)!.content!;
    const year = token.indexOf(content) + content.toString('latin1').search(/\d{14}Z/);
    for (const place of [year + 3, token.length - 1]) {
      const altered = Buffer.from(token);
      altered[place]! ^= 1;
      assert.equal(findingOf(altered, chain), 'The timestamp is not signed by the authority that it names.');
    }
  }),
);

it('a timestamp by a key that is for documents is none', { skip }, () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const chain = await stampingHierarchy();
    const token = await tokenOver(signature, folder, chain.authority);
    await writeFile(at('info'), readSignedData(token)!.content!);
    const stampedBy = async ({ certificate, key }: Identity) => {
      await writePem(at('signer.pem'), [certificate]);
      await writeFile(at('signer.key'), key.export({ format: 'pem', type: 'pkcs8' }));
      const content = ['-nodetach', '-binary', '-econtent_type', oid.timeStampInfo, '-in', at('info')];
      const by = ['-signer', at('signer.pem'), '-inkey', at('signer.key')];
      openssl('cms', '-sign', '-cades', ...content, ...by, '-outform', 'DER', '-out', at('token'));
      return findingOf(await readFile(at('token')), chain);
    };
    assert.equal(await stampedBy(chain.authority), true);
    const signer = await identityOf({ from: Date.now() - day, until: Date.now() + day }, chain.root);
    const why = 'The certificate of CN=Report signer is not one of a timestamp authority.';
    assert.equal(await stampedBy(signer), why);
  }),
);
