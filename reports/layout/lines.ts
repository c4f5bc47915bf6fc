import type { Face } from '../pdf/face.ts';

/** How text looks: font, size in points, and colour as operands of `rg` (sRGB, 0 to 1). */
export interface Style {
  readonly face: Face;
  readonly size: number;
  readonly color: string;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line of text that fits: operators from its font on, to stand behind a `Tm`; width and height in points. */
export interface Line {
  readonly operators: string;
  readonly width: number;
  readonly height: number;
}

const leading = 1.32;

interface Piece {
  readonly glyphs: string;
  readonly width: number;
  readonly style: Style;
}

const scaled = (width: number, style: Style): number => (width * style.size) / 1000;

/** Breaks spans into lines no wider than `width` points: between words, or within one that is wider itself. */
export const linesOf = (spans: readonly Span[], width: number): Line[] => {
  const lines: Line[] = [];
  let pieces: Piece[] = [];
  let used = 0;
  /** Spaces since the last word: drawn before the next one, unless that begins a line. */
  let spaces: Piece[] = [];
  const put = (piece: Piece) => {
    pieces.push(piece);
    used += piece.width;
  };
  const end = (within: boolean) => {
    // The space keeps a word apart from the next line's where the text is read out or copied.
    if (!within) pieces.push(pieceOf(' ', pieces.at(-1)!.style));
    lines.push(lineOf(pieces, used));
    pieces = [];
    used = 0;
  };
  const add = (part: Piece, first: boolean) => {
    const gap = spaces.reduce((sum, space) => sum + space.width, 0);
    if (pieces.length > 0 && used + gap + part.width > width) end(!first);
    else if (pieces.length > 0) spaces.forEach(put);
    spaces = [];
    put(part);
  };
  for (const { text, style } of spans) {
    const space = pieceOf(' ', style);
    style.face
      .shown(text.normalize())
      .split(' ')
      .forEach((word, index) => {
        if (index > 0) spaces.push(space);
        if (word === '') return;
        for (const [place, part] of partsOf(word, style, width).entries()) add(part, place === 0);
      });
  }
  if (pieces.length > 0) end(false);
  return lines;
};

/** A word in parts, each of which fits a line: one part, unless the word is wider than a line. */
const partsOf = (word: string, style: Style, width: number): Piece[] => {
  const whole = pieceOf(word, style);
  if (whole.width <= width) return [whole];
  const parts: string[] = [];
  let part = '';
  let used = 0;
  for (const character of word) {
    const { width: wide } = pieceOf(character, style);
    if (used + wide > width && part !== '') {
      parts.push(part);
      part = '';
      used = 0;
    }
    part += character;
    used += wide;
  }
  return [...parts, part].map((text) => pieceOf(text, style));
};

const pieceOf = (word: string, style: Style): Piece => {
  const { glyphs, width } = style.face.run(word);
  return { glyphs, width: scaled(width, style), style };
};

const lineOf = (pieces: readonly Piece[], width: number): Line => {
  let operators = '';
  let style: Style | undefined;
  let shown = '';
  const show = () => {
    if (shown !== '') operators += `[<${shown}>]TJ\n`;
    shown = '';
  };
  let size = 0;
  for (const piece of pieces) {
    if (piece.style !== style) {
      show();
      style = piece.style;
      operators += `/${style.face.font.id} ${style.size} Tf ${style.color} rg\n`;
    }
    size = Math.max(size, piece.style.size);
    shown += piece.glyphs;
  }
  show();
  return { operators, width, height: size * leading };
};
