import type { Span, Style } from '../layout/lines.ts';
import type { Styles } from '../layout/styles.ts';
import { showInstant } from '../text/show.ts';
import type { Wording } from '../text/wording.ts';

/** What an entry of a timeline says: its times in one column, its paragraphs in the other. */
export interface Entry {
  readonly times: readonly (readonly Span[])[];
  readonly body: readonly { readonly spans: readonly Span[]; readonly indent?: number }[];
}

/** What entries are written with. */
export interface Pen {
  readonly wording: Wording;
  readonly styles: Styles;
}

/** `recorded 2026-03-01 09:00:00Z`; nothing where there is no such time. */
export const timeLine = (
  label: string,
  instant: string | undefined,
  { styles }: Pen,
  strong = false,
): Span[][] =>
  instant === undefined
    ? []
    : [
        [
          { text: `${label} `, style: styles.time },
          { text: showInstant(instant), style: strong ? styles.timeStrong : styles.time },
        ],
      ];

/** A paragraph of the sentences that there are. */
export const sentences = (style: Style, ...all: readonly (string | false | undefined)[]): Entry['body'] => {
  const text = all.filter(Boolean).join(' ');
  return text === '' ? [] : [{ spans: [{ text, style }] }];
};
