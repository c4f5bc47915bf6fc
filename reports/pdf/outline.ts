import type { PdfkitDocument, Ref } from './pdfkit.ts';
import { textString } from './structure.ts';
import { dictionary } from './trees.ts';

/** Where an entry leads: a page, and how far down on it, in points from its bottom. */
export interface Place {
  readonly page: Ref;
  readonly y: number;
}

/**
 * A level of the outline (ISO 32000-1, 12.3.3). An entry is written when the next one is known, so that a level
 * holds one at a time. Levels below an entry end before the next entry is added.
 */
export class Outline {
  private readonly pdf: PdfkitDocument;
  private readonly parent: Ref;
  private first: Ref | undefined;
  private open: { ref: Ref; title: string; place: Place; below: Outline | undefined } | undefined;
  private before: Ref | undefined;
  private count = 0;

  constructor(pdf: PdfkitDocument, parent: Ref) {
    this.pdf = pdf;
    this.parent = parent;
  }

  add(title: string, place: Place): void {
    const ref = this.pdf.ref();
    this.close(ref);
    this.first ??= ref;
    this.open = { ref, title, place, below: undefined };
    this.count += 1;
  }

  /** The level below the entry added last; it starts folded. */
  below(): Outline {
    if (this.open === undefined) throw new Error('an outline without an entry has no level below it');
    this.open.below ??= new Outline(this.pdf, this.open.ref);
    return this.open.below;
  }

  /** What the dictionary above this level says of it; empty where the level is. `sign`: 1 unfolded, -1 folded. */
  end(sign: 1 | -1): string {
    const last = this.open?.ref;
    this.close(undefined);
    return last === undefined ? '' : `/First ${this.first}/Last ${last}/Count ${sign * this.count}`;
  }

  private close(next: Ref | undefined): void {
    if (this.open === undefined) return;
    const { ref, title, place, below } = this.open;
    const links = `${this.before ? `/Prev ${this.before}` : ''}${next ? `/Next ${next}` : ''}`;
    const destination = `/Dest [${place.page} /XYZ 0 ${place.y.toFixed(1)} 0]`;
    ref.data = dictionary(
      `/Title ${textString(title)}/Parent ${this.parent}${links}${destination}${below?.end(-1) ?? ''}`,
    );
    ref.end();
    ref.data = {};
    this.before = ref;
    this.open = undefined;
  }
}
