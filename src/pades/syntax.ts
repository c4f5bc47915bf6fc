/** Why a PDF cannot be read as one that this service made: damaged, saved by another program, or foreign. */
export class ForeignPdf extends Error {
  override readonly name = 'ForeignPdf';
}

/** The bytes at hand end before the value does: more of them may help. */
export class EndOfBytes extends Error {
  override readonly name = 'EndOfBytes';
}

/** Another object of the file, by its number. */
export interface PdfReference {
  readonly ref: number;
}

export type PdfDictionary = ReadonlyMap<string, PdfValue>;

/** A value of ISO 32000-1, 7.3. Names are text with their slash (`/Type`), strings are bytes. */
export type PdfValue =
  | null
  | boolean
  | number
  | string
  | Buffer
  | PdfReference
  | readonly PdfValue[]
  | PdfDictionary;

/** Where the value of each key of an outermost dictionary stands, from its first byte to after its last. */
export type Spans = ReadonlyMap<string, readonly [start: number, end: number]>;

const deepest = 64;
const code = (character: string): number => character.charCodeAt(0);
const [slash, open, close, less, greater] = [code('/'), code('('), code(')'), code('<'), code('>')];
const [bracket, endBracket, backslash, letterR] = [code('['), code(']'), code('\\'), code('R')];
const whitespace = new Set([0, 9, 10, 12, 13, 32]);
const delimiters = new Set([...whitespace, ...[...'()<>[]{}/%'].map(code)]);
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const keywords: Readonly<Record<string, PdfValue>> = { true: true, false: false, null: null };

/** Reads values one after another, as pdfkit writes them: no comments, no generations but 0. */
export class SyntaxReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Steps over `text`, which must stand here. */
  expect(text: string): void {
    const end = this.at + text.length;
    const found = this.#bytes.toString('latin1', this.at, end);
    if (found === text) this.at = end;
    else if (end > this.#bytes.length && text.startsWith(found)) throw new EndOfBytes();
    else throw new ForeignPdf(`"${text.trim()}" is expected`);
  }

  /** Whether `text` stands here; steps over it where it does. */
  accepts(text: string): boolean {
    if (this.at + text.length > this.#bytes.length) throw new EndOfBytes();
    if (this.#bytes.toString('latin1', this.at, this.at + text.length) !== text) return false;
    this.at += text.length;
    return true;
  }

  /** A whole number without sign. */
  count(): number {
    const text = this.#token();
    if (!/^\d{1,15}$/.test(text)) throw new ForeignPdf('a whole number is expected');
    return Number(text);
  }

  /** @throws ForeignPdf, EndOfBytes */
  value(depth = 0): PdfValue {
    if (depth > deepest) throw new ForeignPdf('a value is nested too deep');
    this.#skipWhitespace();
    switch (this.#byte()) {
      case slash:
        return this.#name();
      case open:
        return this.#literal();
      case bracket:
        return this.#array(depth);
      case less:
        return this.#byte(1) === less ? this.dictionary(depth) : this.#hexadecimal();
      default:
        return this.#plain();
    }
  }

  /** A dictionary, of which no key stands twice; `spans` is told where each value stands. */
  dictionary(depth = 0, spans?: Map<string, readonly [number, number]>): PdfDictionary {
    this.expect('<<');
    const entries = new Map<string, PdfValue>();
    for (;;) {
      this.#skipWhitespace();
      if (this.#byte() === greater) break;
      if (this.#byte() !== slash) throw new ForeignPdf('a key of a dictionary is expected');
      const key = this.#name();
      if (entries.has(key)) throw new ForeignPdf(`${key} stands twice in a dictionary`);
      this.#skipWhitespace();
      const start = this.at;
      entries.set(key, this.value(depth + 1));
      spans?.set(key, [start, this.at]);
    }
    this.expect('>>');
    return entries;
  }

  #array(depth: number): readonly PdfValue[] {
    this.at += 1;
    const items: PdfValue[] = [];
    for (;;) {
      this.#skipWhitespace();
      if (this.#byte() === endBracket) break;
      items.push(this.value(depth + 1));
    }
    this.at += 1;
    return items;
  }

  #name(): string {
    this.at += 1;
    const text = this.#token();
    return `/${text.includes('#') ? text.replaceAll(/#([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))) : text}`;
  }

  #hexadecimal(): Buffer {
    const end = this.#bytes.indexOf(greater, this.at);
    if (end < 0) throw new EndOfBytes();
    const text = this.#bytes.toString('latin1', this.at + 1, end);
    if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text))
      throw new ForeignPdf('a string is not hexadecimal');
    this.at = end + 1;
    return Buffer.from(text, 'hex');
  }

  #literal(): Buffer {
    let text = '';
    let nested = 0;
    for (this.at += 1; ; this.at += 1) {
      const byte = this.#byte();
      if (byte === close && nested === 0) break;
      if (byte === open) nested += 1;
      if (byte === close) nested -= 1;
      if (byte === backslash) {
        this.at += 1;
        const escaped = String.fromCharCode(this.#byte());
        if (/[0-9\n\r]/.test(escaped)) throw new ForeignPdf('a string is escaped in another way');
        text += escapes[escaped] ?? escaped;
      } else text += String.fromCharCode(byte);
    }
    this.at += 1;
    return Buffer.from(text, 'latin1');
  }

  #plain(): PdfValue {
    const text = this.#token();
    if (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) {
      const ref = /^\d+$/.test(text) && this.#isReference() ? Number(text) : undefined;
      return ref === undefined ? Number(text) : { ref };
    }
    const keyword = keywords[text];
    if (keyword === undefined) throw new ForeignPdf('a value is expected');
    return keyword;
  }

  /** Whether ` 0 R` follows a number; steps over it where it does. */
  #isReference(): boolean {
    const { at } = this;
    const isOne =
      whitespace.has(this.#byte()) &&
      this.#byte(1) === code('0') &&
      whitespace.has(this.#byte(2)) &&
      this.#byte(3) === letterR &&
      delimiters.has(this.#byte(4));
    this.at = isOne ? at + 4 : at;
    return isOne;
  }

  #token(): string {
    const start = this.at;
    while (!delimiters.has(this.#byte())) this.at += 1;
    return this.#bytes.toString('latin1', start, this.at);
  }

  #skipWhitespace(): void {
    while (whitespace.has(this.#byte())) this.at += 1;
  }

  #byte(ahead = 0): number {
    const byte = this.#bytes[this.at + ahead];
    if (byte === undefined) throw new EndOfBytes();
    return byte;
  }
}
