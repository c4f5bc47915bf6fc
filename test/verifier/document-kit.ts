import type { X509Certificate } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { renderReport } from '../../reports/report.ts';
import type { ExportRecord } from '../../schemas/export/package.ts';
import { inMemory, openPdf, signPdf } from '../../src/pades/port.ts';
import { reportFonts } from '../../src/report-fonts.ts';
import { verifyDocument } from '../../src/verifier/document.ts';
import type { Render } from '../../src/verifier/pages.ts';
import { day, hierarchy, signedAt, signerOf } from '../pades/kit.ts';
import { trusted } from './kit.ts';

const fonts = reportFonts();
export const render: Render = (input, write) => renderReport({ ...input, fonts }, write);

/** The document of a package, as it is rendered; `shown`: what its pages are to show instead. */
export const documentOf = async (evidence: string, signable = true, shown = evidence): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  const records = async function* () {
    for (const line of shown.trimEnd().split('\n')) yield JSON.parse(line) as ExportRecord;
  };
  const attachment = async function* () {
    yield Buffer.from(evidence, 'utf8');
  };
  await render({ records, attachment, signable }, async (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
};

const keys = await hierarchy();
export const root = keys.root.certificate;

/** The same, signed by whom `verdictOnDocument` trusts. */
export const signed = async (document: Buffer): Promise<Buffer> => {
  const bytes = Buffer.from(document);
  const outcome = await signPdf(inMemory(bytes), { signer: signerOf(keys), clock: () => signedAt });
  if (!outcome.ok) throw new Error(outcome.problem.detail);
  return bytes;
};

export const verdictOnDocument = (
  bytes: Buffer,
  {
    previous,
    certificates = [root],
    by = render,
  }: { previous?: string; certificates?: X509Certificate[]; by?: Render } = {},
) =>
  verifyDocument(
    inMemory(bytes),
    { ledger: { trusted, previous }, document: { trusted: certificates, now: signedAt + day } },
    by,
  );

/** A document that says the same, as another zlib would have written it: its streams, and where objects stand. */
export const recompressed = (document: Buffer, level: number): Buffer => {
  const pdf = openPdf(inMemory(document));
  const objects = [...pdf.objects()];
  const textOf = (start: number, end: number) => document.toString('latin1', start, end);
  const streams = new Map(
    objects.flatMap(({ number, value, stream }) =>
      stream !== undefined && value instanceof Map && value.get('/Filter') === '/FlateDecode'
        ? [[number, deflateSync(inflateSync(document.subarray(...stream)), { level })] as const]
        : [],
    ),
  );
  const lengths = new Map(
    objects.flatMap(({ number, value }) => {
      const length = value instanceof Map ? value.get('/Length') : undefined;
      return typeof length === 'object' && length !== null && 'ref' in length
        ? [[length.ref, number] as const]
        : [];
    }),
  );
  const offsets = new Map<number, number>();
  const parts = [textOf(0, objects[0]!.start)];
  let at = objects[0]!.start;
  for (const { number, start, end, text, spans, stream } of objects) {
    const again = streams.get(number);
    const span = spans.get('/Length');
    const isInPlace = span !== undefined && !lengths.has(Number(textOf(...span).split(' ')[0]));
    const head =
      isInPlace && again
        ? textOf(start, span[0]) + again.length + textOf(span[1], text[1])
        : textOf(start, text[1]);
    const counted = streams.get(lengths.get(number) ?? 0);
    const whole =
      again && stream
        ? `${head}${textOf(text[1], stream[0])}${again.toString('latin1')}${textOf(stream[1], end)}`
        : counted
          ? `${textOf(start, text[0])}${counted.length}${textOf(text[1], end)}`
          : textOf(start, end);
    offsets.set(number, at);
    parts.push(whole);
    at += whole.length;
  }
  const size = objects.length + 1;
  const entries = Array.from(
    { length: size - 1 },
    (_, n) => `${String(offsets.get(n + 1)).padStart(10, '0')} 00000 n \n`,
  );
  const trailer = document.toString(
    'latin1',
    document.lastIndexOf('trailer\n'),
    document.lastIndexOf('startxref'),
  );
  parts.push(`xref\n0 ${size}\n0000000000 65535 f \n`, ...entries, trailer, `startxref\n${at}\n%%EOF\n`);
  return Buffer.from(parts.join(''), 'latin1');
};
