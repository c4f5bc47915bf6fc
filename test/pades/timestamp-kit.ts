import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { timeStamping } from '../../src/pades/certificates.ts';
import { type Identity, identityOf, runTool, writePem } from './kit.ts';

/** A root, and a timestamp authority below it that is valid now. */
export const stampingHierarchy = async (): Promise<{
  readonly root: Identity;
  readonly authority: Identity;
}> => {
  const [from, until] = [Date.now() - 60_000, Date.now() + 3_600_000];
  const mayIssue = { usage: 'keyCertSign', issuer: {}, from, until } as const;
  const root = await identityOf({ commonName: 'Timestamp root', ...mayIssue });
  const terms = { commonName: 'Timestamp authority', purposes: [timeStamping], from, until };
  return { root, authority: await identityOf(terms, root) };
};

/** Stamps requests with `openssl ts`: the DER of a request to the DER of its reply. */
export const opensslStamper = async (folder: string, { certificate, key }: Identity) => {
  const [config, serial] = [join(folder, 'tsa.cnf'), join(folder, 'tsa.serial')];
  const [signer, inkey] = [join(folder, 'tsa.pem'), join(folder, 'tsa.key')];
  await writeFile(
    config,
    `[tsa]\ndefault_tsa = it\n[it]\nserial = ${serial}\ndigests = sha256\ndefault_policy = 1.2.3.4\nsigner_digest = sha256\n`,
  );
  await writePem(signer, [certificate]);
  await writeFile(inkey, key.export({ format: 'pem', type: 'pkcs8' }));
  return async (request: Buffer): Promise<string> => {
    const [query, reply] = [join(folder, 'tsa.tsq'), join(folder, 'tsa.tsr')];
    await writeFile(query, request);
    const parts = ['-config', config, '-queryfile', query, '-signer', signer, '-inkey', inkey, '-out', reply];
    const made = runTool('openssl', 'ts', '-reply', ...parts);
    if (made?.status !== 0) throw new Error(made?.text);
    return reply;
  };
};

/** Serves on loopback while `use` runs. */
export const serving = async (
  answer: RequestListener,
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
};

/** The whole of a request's body. */
export const bodyOf = buffer;
