import type { PdfkitDocument, Ref } from './pdfkit.ts';

const fanOut = 64;

/**
 * The tree of pages (ISO 32000-1, 7.7.3.2) in two levels, so that of written pages only one number in 64 is kept.
 * Its nodes are written as they fill up.
 */
export class PageTree {
  private readonly pdf: PdfkitDocument;
  private readonly nodes: Ref[] = [];
  private node: Ref | undefined;
  private kids: Ref[] = [];
  count = 0;

  constructor(pdf: PdfkitDocument) {
    this.pdf = pdf;
  }

  /** Hangs up the page that pdfkit has just added. */
  add(page: Ref): void {
    if (this.kids.length === fanOut) this.close();
    this.node ??= this.pdf.ref();
    page.data.Parent = this.node;
    this.kids.push(page);
    this.count += 1;
  }

  end(): void {
    this.close();
    const root = this.pdf._root.data.Pages;
    Object.assign(root.data, { Kids: this.nodes, Count: this.count });
  }

  private close(): void {
    if (this.node === undefined) return;
    const { node, kids } = this;
    node.data = { Type: 'Pages', Parent: this.pdf._root.data.Pages, Count: kids.length, Kids: kids };
    node.end();
    node.data = {};
    this.nodes.push(node);
    this.node = undefined;
    this.kids = [];
  }
}

/**
 * Which structure elements the marked content of each page belongs to (ParentTree: ISO 32000-1, 14.7.4.4), as a
 * number tree in two levels whose leaves are written as they fill up.
 */
export class ParentTree {
  private readonly pdf: PdfkitDocument;
  private readonly leaves: Ref[] = [];
  private entries: [key: number, value: string][] = [];
  private next = 0;

  constructor(pdf: PdfkitDocument) {
    this.pdf = pdf;
  }

  /** The next key, for a page or an annotation. */
  key(): number {
    this.next += 1;
    return this.next - 1;
  }

  /** What stands under a key; keys are filled in the order in which they were given out, within a page. */
  set(key: number, value: string): void {
    this.entries.push([key, value]);
  }

  /** After each page: nothing more is set under a key that was given out before. */
  pageEnded(): void {
    if (this.entries.length >= fanOut) this.close();
  }

  end(): void {
    this.close();
    const tree = this.pdf.ref({ Kids: this.leaves });
    tree.end();
    Object.assign(this.pdf.getStructTreeRoot().data, { ParentTree: tree, ParentTreeNextKey: this.next });
  }

  private close(): void {
    if (this.entries.length === 0) return;
    const sorted = this.entries.sort(([a], [b]) => a - b);
    const nums = sorted.map(([key, value]) => `${key} ${value}`).join('\n');
    const leaf = this.pdf.ref();
    leaf.data = dictionary(`/Limits [${sorted[0]![0]} ${sorted.at(-1)![0]}]\n/Nums [${nums}]`);
    leaf.end();
    leaf.data = {};
    this.leaves.push(leaf);
    this.entries = [];
  }
}

/** A dictionary that is text already; pdfkit writes what is none of its own kinds as it reads. */
class WrittenDictionary {
  readonly [Symbol.toStringTag] = 'Dictionary';
  readonly #entries: string;

  constructor(entries: string) {
    this.#entries = entries;
  }

  toString(): string {
    return `<<${this.#entries}>>`;
  }
}

/** `entries` as the data of a `Ref`. */
export const dictionary = (entries: string): Record<string, unknown> =>
  new WrittenDictionary(entries) as unknown as Record<string, unknown>;
