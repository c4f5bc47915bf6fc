import type { Face } from '../pdf/face.ts';
import type { Style } from './lines.ts';

/** Colours as operands of `rg`. The three of the outcomes differ in lightness too, for who sees no colours. */
export const colors = {
  text: '0.13 0.15 0.18',
  quiet: '0.40 0.43 0.47',
  rule: '0.84 0.86 0.88',
  accent: '0.07 0.33 0.42',
  wash: '0.93 0.96 0.97',
  permit: '0.10 0.47 0.45',
  conditional: '0.86 0.62 0.14',
  deny: '0.60 0.16 0.22',
};

/** The styles of a report. */
export const stylesOf = (regular: Face, bold: Face) => {
  const style = (face: Face, size: number, color: string): Style => ({ face, size, color });
  return {
    title: style(bold, 22, colors.accent),
    lead: style(regular, 11.5, colors.quiet),
    heading: style(bold, 13, colors.accent),
    patient: style(bold, 12.5, colors.accent),
    subheading: style(bold, 9.5, colors.quiet),
    number: style(bold, 20, colors.text),
    text: style(regular, 9.5, colors.text),
    strong: style(bold, 9.5, colors.text),
    label: style(regular, 9.5, colors.quiet),
    small: style(regular, 8, colors.quiet),
    time: style(regular, 8.5, colors.quiet),
    timeStrong: style(bold, 8.5, colors.text),
    tiny: style(regular, 7.5, colors.quiet),
    permit: style(bold, 9.5, colors.permit),
    conditional: style(bold, 9.5, colors.text),
    deny: style(bold, 9.5, colors.deny),
  };
};
export type Styles = ReturnType<typeof stylesOf>;
