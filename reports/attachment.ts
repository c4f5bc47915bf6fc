import { packageFileName } from '../schemas/export/package.ts';
import type { Overview } from './overview.ts';
import type { PdfFile } from './pdf/file.ts';
import { pdfDate, textString } from './pdf/structure.ts';
import { dictionary } from './pdf/trees.ts';

/** Attaches the records to the document as its data (ISO 19005-3, 6.8). */
export const attach = async (
  file: PdfFile,
  { header, attachment, end }: Overview,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const { pdf } = file;
  const facts = `/Type /EmbeddedFile\n/Subtype /application#2Fjsonl\n/Params <</Size ${attachment.bytes}/ModDate (${pdfDate(header.requestedAt)})>>`;
  const embedded = await file.stream(facts, bytes);
  const name = textString(packageFileName);
  const description = textString(`Consent Ledger export, version ${header.version}, ${end.records} records`);
  const specification = pdf.ref();
  specification.data = dictionary(
    `/Type/Filespec/AFRelationship/Data/F (${packageFileName})/UF ${name}/Desc ${description}/EF<</F ${embedded}/UF ${embedded}>>`,
  );
  specification.end();
  pdf.addNamedEmbeddedFile(packageFileName, specification);
  Object.assign(pdf._root.data, { AF: [specification] });
};
