import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { inMemory } from '../../src/pades/random-access.ts';
import { openTimestampAuthority } from '../../src/pades/timestamp-authority.ts';
import { verifyPdfSignature } from '../../src/pades/verify.ts';
import { withFolder } from '../vault/kit.ts';
import {
  day,
  hierarchy,
  type Identity,
  partsOf,
  runTool,
  signerOf,
  signFile,
  withoutTools,
  writePem,
  writeUnsigned,
} from './kit.ts';
import { bodyOf, opensslStamper, serving, stampingHierarchy } from './timestamp-kit.ts';

const skip = withoutTools('openssl');
/** Certificates that are valid now, since `openssl ts` stamps with the time that it is. */
const nowadays = { from: Date.now() - day, until: Date.now() + day };

/** Signs a document with the authority that `answer` plays, and gives what came of it. */
const signedWith = async (
  answer: RequestListener,
  trusted: Parameters<typeof openTimestampAuthority>[0]['trusted'],
  timeoutMs = 10_000,
) => {
  const chain = await hierarchy(nowadays);
  let pdf: Buffer = Buffer.alloc(0);
  let outcome: Awaited<ReturnType<typeof signFile>> | undefined;
  await withFolder((folder) =>
    serving(answer, async (url) => {
      const path = join(folder, 'stamped.pdf');
      await writeUnsigned(path);
      const timestampAuthority = openTimestampAuthority({ url, trusted, timeoutMs });
      outcome = await signFile(path, { signer: signerOf(chain), timestampAuthority, clock: Date.now });
      pdf = await readFile(path);
    }),
  );
  return { chain, pdf, outcome: outcome! };
};

const replying = (reply: (request: Buffer) => Promise<Buffer>): RequestListener => {
  return async (request, response) => {
    response.setHeader('content-type', 'application/timestamp-reply');
    response.end(await reply(await bodyOf(request)));
  };
};

const stamping = async (folder: string, identity: Identity) => {
  const stamp = await opensslStamper(folder, identity);
  return async (request: Buffer) => readFile(await stamp(request));
};

it('a timestamp of a trusted authority says when a document was signed', { skip }, () =>
  withFolder(async (folder) => {
    const { root, authority } = await stampingHierarchy();
    const { chain, pdf, outcome } = await signedWith(replying(await stamping(folder, authority)), [
      root.certificate,
    ]);
    assert.equal(outcome.ok && outcome.value.level, 'B-T');
    const check = (...trusted: (typeof root.certificate)[]) =>
      verifyPdfSignature(inMemory(pdf), { trusted, now: Date.now() });
    const both = check(chain.root.certificate, root.certificate);
    assert.deepEqual([both.problem, both.signedAt?.by], [undefined, 'timestamp-authority']);
    assert.equal(outcome.ok && outcome.value.timestampedAt, both.signedAt?.time);
    const trusted = [chain.root.certificate, root.certificate];
    const later = verifyPdfSignature(inMemory(pdf), { trusted, now: Date.now() + 3 * day });
    assert.match(later.notes.join(' '), /has expired since; that it had not before a timestamp shows\./);
    const one = check(chain.root.certificate);
    assert.deepEqual([one.problem, one.signedAt?.by], [undefined, 'signer']);
    assert.match(one.notes.join(' '), /CN=Timestamp authority, to which no trusted certificate leads/);
  }),
);

it(
  'a document with a timestamp is valid to other tools',
  { skip: withoutTools('openssl', 'pdfsig', 'qpdf') },
  () =>
    withFolder(async (folder) => {
      const { root, authority } = await stampingHierarchy();
      const stamp = replying(await stamping(folder, authority));
      const { pdf, chain } = await signedWith(stamp, [root.certificate]);
      const path = join(folder, 'stamped.pdf');
      await writeFile(path, pdf);
      assert.match(runTool('pdfsig', path)!.text, /Signature Validation: Signature is Valid\./);
      assert.match(runTool('qpdf', '--check', path)!.text, /No syntax or stream encoding errors found/);
      const { cms, covered } = partsOf(pdf);
      const [der, content, roots] = ['cms', 'content', 'roots'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await writePem(roots, [chain.root.certificate]);
      await writeFile(der, cms);
      await writeFile(content, covered);
      const given = ['-inform', 'DER', '-binary', '-in', der, '-content', content, '-out', '/dev/null'];
      const said = runTool(
        'openssl',
        'cms',
        '-verify',
        '-cades',
        '-purpose',
        'any',
        '-CAfile',
        roots,
        ...given,
      )!;
      assert.match(said.text, /CAdES Verification successful/);
      assert.match(
        runTool('openssl', 'cms', '-cmsout', '-print', '-noout', '-inform', 'DER', '-in', der)!.text,
        /id-smime-aa-timeStampToken/,
      );
    }),
);

it('a timestamp of something else, or of nobody trusted, is refused', { skip }, () =>
  withFolder(async (folder) => {
    const { root, authority } = await stampingHierarchy();
    const stamp = await stamping(folder, authority);
    const first = new Map<string, Buffer>();
    const replayed = replying(async (request) => {
      if (!first.has('reply')) first.set('reply', await stamp(request));
      return first.get('reply')!;
    });
    await signedWith(replayed, [root.certificate]);
    const refused = async (answer: RequestListener, trusted: (typeof root.certificate)[]) => {
      const { outcome } = await signedWith(answer, trusted);
      return outcome.ok ? 'signed' : outcome.problem;
    };
    assert.deepEqual(await refused(replayed, [root.certificate]), {
      code: 'timestamp-invalid',
      detail: 'The timestamp is not of this signature.',
    });
    const stranger = await stampingHierarchy();
    const untrusted = await refused(replying(stamp), [stranger.root.certificate]);
    assert.match(JSON.stringify(untrusted), /timestamp-invalid.*is not trusted/);
  }),
);

it('an earlier answer about the same signature is no answer to this request', { skip }, () =>
  withFolder(async (folder) => {
    const { root, authority } = await stampingHierarchy();
    const stamp = await stamping(folder, authority);
    const answers: Buffer[] = [];
    const replayed = replying(async (request) => {
      answers.push(await stamp(request));
      return answers[0]!;
    });
    await serving(replayed, async (url) => {
      const trusted = [root.certificate];
      const { stamp: ask } = openTimestampAuthority({ url, trusted, timeoutMs: 10_000 });
      const [first, second] = [await ask(Buffer.from('signature')), await ask(Buffer.from('signature'))];
      assert.equal(first.ok, true);
      assert.deepEqual(!second.ok && second.problem, {
        code: 'timestamp-invalid',
        detail: 'The timestamp does not answer this request.',
      });
    });
  }),
);

it('an authority that is not there, is slow, refuses or answers nonsense leaves the document unsigned', async () => {
  const code = async (answer: RequestListener, timeoutMs?: number) => {
    const { outcome } = await signedWith(answer, [], timeoutMs);
    return outcome.ok ? 'signed' : outcome.problem.code;
  };
  assert.equal(await code((_, response) => response.writeHead(503).end()), 'timestamp-unavailable');
  assert.equal(await code(() => {}, 100), 'timestamp-unavailable');
  assert.equal(await code(replying(async () => Buffer.from('3003020102', 'hex'))), 'timestamp-unavailable');
  assert.equal(await code(replying(async () => Buffer.alloc(300_000, 0x30))), 'timestamp-unavailable');
  const nonsense = Buffer.from('300a3003020100300304010a', 'hex');
  assert.equal(await code(replying(async () => nonsense)), 'timestamp-invalid');
  const gone = openTimestampAuthority({ url: 'http://127.0.0.1:9/', trusted: [], timeoutMs: 5000 });
  const outcome = await gone.stamp(Buffer.from('signature'));
  assert.equal(!outcome.ok && outcome.problem.code, 'timestamp-unavailable');
});

it('whoever aborts waits no longer for the authority', async () => {
  const { root } = await stampingHierarchy();
  await serving(
    () => {},
    async (url) => {
      const authority = openTimestampAuthority({ url, trusted: [root.certificate], timeoutMs: 60_000 });
      await assert.rejects(authority.stamp(Buffer.from('signature'), AbortSignal.abort()), {
        name: 'AbortError',
      });
    },
  );
});
