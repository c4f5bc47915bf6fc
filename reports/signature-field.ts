/** How many bytes of CMS a signature may have: chain and timestamp of a usual authority take a third. */
export const contentsLength = 24_576;

/** The length of what stands for the byte range until the document is signed. */
const unsetOffset = 9_999_999_999;

/** What is used of a pdfkit document; its types do not know the parts that are not in its guide. */
interface PdfkitDocument {
  readonly _root: { readonly data: Record<string, unknown> };
  _acroform?: object;
  ref(data: object): { end(): void };
  annotate(x: number, y: number, width: number, height: number, options: object): unknown;
  readonly page: { readonly annotations: readonly unknown[] };
}

/**
 * Puts a signature field, and a certifying signature (DocMDP, no changes permitted; ISO 32000-1, 12.8.2.2) that
 * is still empty, into a pdfkit document: on the page at hand, invisible, since the first page says in words who
 * signed. Once, before the document ends; `signPdf` (src/pades/) fills it in.
 *
 * `label` is the field's accessible name. `structParent`, in a tagged document, is the structure element
 * (`Form`) that the field belongs to.
 */
export const addSignaturePlaceholder = (
  document: PDFKit.PDFDocument,
  { label, structParent }: { readonly label: string; readonly structParent?: PDFKit.PDFStructureElement },
): void => {
  const pdf = document as unknown as PdfkitDocument;
  const signature = pdf.ref({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: 'ETSI.CAdES.detached',
    ByteRange: [0, unsetOffset, unsetOffset, unsetOffset],
    Contents: Buffer.alloc(contentsLength),
    M: new Date(0),
    Reference: [
      {
        Type: 'SigRef',
        TransformMethod: 'DocMDP',
        TransformParams: { Type: 'TransformParams', P: 1, V: '1.2' },
      },
    ],
  });
  signature.end();
  // Locked and printable: what PDF/A asks of a widget. One without extent needs no appearance.
  const field = { Subtype: 'Widget', FT: 'Sig', F: 132, V: signature };
  const named = { ...field, T: new String('Signature'), TU: new String(label), structParent };
  pdf.annotate(0, 0, 0, 0, named);
  // SigFlags 3: there is a signature, and the file is only ever appended to. pdfkit ends the form, and asks for
  // the resources that its own fields would need.
  pdf._acroform = { fonts: {}, defaultFont: 'none' };
  pdf._root.data.AcroForm = pdf.ref({ Fields: [pdf.page.annotations.at(-1)], SigFlags: 3, DR: { Font: {} } });
  pdf._root.data.Perms = { DocMDP: signature };
};
