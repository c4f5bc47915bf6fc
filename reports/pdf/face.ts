import type { PdfkitFont } from './pdfkit.ts';

/**
 * A piece of text as what stands between `[<` and `>]` of TJ, so that pieces are joined by writing one behind the other;
 * and its width in thousandths of the font size.
 */
export interface Run {
  readonly glyphs: string;
  readonly width: number;
}

const maxWords = 20_000;
const invisible = /\p{C}/u;
const onlyLetters = /^[\p{L}\p{P}]+$/u;

/**
 * A font that measures and encodes words. Words of letters are laid out whole, with kerning, and kept up to a
 * number; what has digits in it (times, ids, hashes) rarely comes twice and is put together from its characters.
 */
export class Face {
  readonly font: PdfkitFont;
  private readonly characters = new Map<string, Run>();
  private words = new Map<string, Run>();

  constructor(font: PdfkitFont) {
    this.font = font;
  }

  /** A word without spaces, of characters that the font has (`shown`). */
  run(word: string): Run {
    if (!onlyLetters.test(word)) return this.spelled(word);
    const known = this.words.get(word);
    if (known !== undefined) return known;
    if (this.words.size === maxWords) this.words = new Map();
    const run = this.encoded(word);
    this.words.set(word, run);
    return run;
  }

  /** The text with each character that cannot be seen, or that the font has not, written as its code point: `[U+4E2D]`. */
  shown(text: string): string {
    return text.replace(/[^ -~]/gu, (character) => {
      const codePoint = character.codePointAt(0)!;
      if (/\s/u.test(character)) return ' ';
      if (!invisible.test(character) && this.font.font.hasGlyphForCodePoint(codePoint)) return character;
      return `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
    });
  }

  private spelled(word: string): Run {
    let glyphs = '';
    let width = 0;
    for (const character of word) {
      const run = this.character(character);
      glyphs += run.glyphs;
      width += run.width;
    }
    return { glyphs, width };
  }

  /** One glyph, so that there is no kerning in it. */
  private character(character: string): Run {
    const known = this.characters.get(character);
    if (known !== undefined) return known;
    const run = this.encoded(character);
    this.characters.set(character, run);
    return run;
  }

  private encoded(text: string): Run {
    const [hex, positions] = this.font.encode(text);
    let glyphs = '';
    let width = 0;
    positions.forEach(({ xAdvance, advanceWidth }, at) => {
      glyphs += hex[at];
      width += xAdvance;
      const kerning = xAdvance - advanceWidth;
      if (kerning !== 0) glyphs += `>${-kerning} <`;
    });
    return { glyphs, width };
  }
}
