import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf, type Style } from '../../reports/layout/lines.ts';
import { Face } from '../../reports/pdf/face.ts';
import { openPdfkit } from '../../reports/pdf/pdfkit.ts';
import { reportFonts } from '../../src/report-fonts.ts';

const { pdf } = openPdfkit({ title: '', subject: '', author: '', language: 'en', created: new Date(0) });
pdf.font(reportFonts().regular);
const face = new Face(pdf._font);
const style = (size: number): Style => ({ face, size, color: '0 0 0' });

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.lorem({ maxCount: 40 }),
  fc
    .array(fc.constantFrom('a', 'ß', ' ', '-', '0', '\n', 'Ω', '山'), { maxLength: 300 })
    .map((all) => all.join('')),
);

test('no line is wider than there is room, whatever the text', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), fc.integer({ min: 40, max: 500 }), (texts, width) => {
      const spans = texts.map((each, place) => ({ text: each, style: style(8 + place) }));
      for (const line of linesOf(spans, width))
        assert.ok(line.width <= width + 1e-6, `${line.width} > ${width}`);
    }),
  );
});

test('as many glyphs are drawn as there are characters, in lines of any width', () => {
  const glyphs = (width: number, of: string) =>
    linesOf([{ text: of, style: style(9) }], width)
      .flatMap(({ operators }) => [...operators.matchAll(/<([0-9a-f]+)>/g)])
      .reduce((sum, [, hex]) => sum + hex!.length / 4, 0);
  // None of them are drawn together, as two f are.
  const digits = fc.array(fc.constantFrom('0', '1', 'e', '-', ' '), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(digits, fc.integer({ min: 40, max: 400 }), (characters, width) => {
      const words = characters.join('').split(' ').filter(Boolean);
      const drawn = glyphs(width, words.join(' '));
      const least = words.join('').length;
      assert.ok(drawn >= least && drawn <= least + Math.max(1, words.length), `${drawn} of ${least}`);
    }),
  );
});

test('what the font has not, and what cannot be seen, is shown as its code point', () => {
  assert.equal(face.shown('Łukasz 山 Ж'), 'Łukasz [U+5C71] Ж');
  assert.equal(face.shown('a\u202Eb\u0000c\td'), 'a[U+202E]b[U+0000]c d');
  fc.assert(
    fc.property(text, (of) => {
      for (const character of face.shown(of)) {
        assert.ok(pdf._font.font.hasGlyphForCodePoint(character.codePointAt(0)!));
        assert.doesNotMatch(character, /\p{C}/u);
      }
    }),
  );
});
