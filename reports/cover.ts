import { packageFileName, rendering } from '../schemas/export/package.ts';

import { type CheckpointText, checkpointText } from './checkpoint.ts';
import type { Pen } from './entries/entry.ts';
import { paragraph, spans } from './layout/flow.ts';
import { bullets, type Facts, facts } from './layout/lists.ts';
import { colors } from './layout/styles.ts';
import { drawNumbers } from './numbers.ts';
import type { Overview } from './overview.ts';
import type { Outline } from './pdf/outline.ts';
import { box, margin, type Pages, textWidth } from './pdf/pages.ts';
import { pageHeight } from './pdf/pdfkit.ts';
import type { Element } from './pdf/structure.ts';
import { kindWords } from './text/kind.ts';
import { showInstant, showNumber } from './text/show.ts';

/** The first pages: what was asked, the answer in numbers and figures, what proves it, how to check it, and its limits. */
export const drawCover = (
  pages: Pages,
  document: Element,
  outline: Outline,
  overview: Overview,
  pen: Pen,
): void => {
  const { wording, styles } = pen;
  const { header } = overview;
  const checkpoint = checkpointText(header.checkpoint);
  const sect = document.child('Sect');
  const kind = kindWords(header, wording);
  paragraph(pages, sect, 'H1', spans(kind.title, styles.title));
  outline.add(kind.title, { page: pages.page, y: pageHeight });
  paragraph(pages, sect, 'P', spans(kind.about, styles.lead), { after: 6 });
  const section = (title: string, draw: (part: Element) => void, keep = 70) => {
    pages.room(keep);
    const part = sect.child('Sect');
    outline.below().add(title, { page: pages.page, y: pageHeight - pages.y });
    paragraph(pages, part, 'H2', spans(title, styles.heading), { before: 11, after: 3 });
    draw(part);
    part.end();
  };
  section(wording.asked.heading, (part) => facts(pages, part, askedFacts(overview, pen), pen));
  section(wording.numbers.heading, (part) => drawNumbers(pages, part, overview, checkpoint, pen));
  section(wording.checkpoint.heading, (part) => {
    paragraph(pages, part, 'P', spans(wording.checkpoint.about, styles.text), { after: 4 });
    facts(pages, part, checkpointFacts(checkpoint, overview, pen), pen);
  });
  section(wording.check.heading, (part) => drawCommands(pages, part, header.exportId, pen), 140);
  section(wording.reading.heading, (part) => bullets(pages, part, wording.reading.lines, pen));
  const ofErasures = header.kind === 'erasures' ? wording.erasure.limits : [];
  section(wording.limits.heading, (part) =>
    bullets(pages, part, [...ofErasures, ...wording.limits.lines], pen),
  );
  sect.end();
};

const askedFacts = ({ header }: Overview, { wording }: Pen): Facts => {
  const { asked, erasure } = wording;
  const isOfErasures = header.kind === 'erasures';
  const { cohort, period, requestedBy: agent } = header;
  const ends = {
    start: period?.from && showInstant(period.from),
    end: period?.until && showInstant(period.until),
  };
  const whole = ends.start === undefined && ends.end === undefined;
  return [
    [
      asked.cohort,
      {
        all: isOfErasures ? erasure.all : asked.all,
        form: formOf(header, asked.form),
        identifiers: identifiersOf(header, asked.identifiers, wording),
        erasure: cohort.by === 'erasure' ? erasure.one(cohort.erasureId) : '',
      }[cohort.by],
    ],
    [
      asked.period,
      whole
        ? asked.wholePeriod
        : `${asked.periodOf(ends)}. ${isOfErasures ? erasure.periodNote : asked.periodNote}`,
    ],
    [asked.ground, header.reason ?? asked.noGround],
    [asked.by, [agent.subject, agent.organisation, agent.issuer].filter(Boolean).join(' · ')],
    [asked.at, showInstant(header.requestedAt)],
    [asked.tenant, header.tenant],
  ];
};

const formOf = ({ cohort }: Overview['header'], words: (formId: string) => string): string =>
  cohort.by === 'form' ? words(cohort.formId) : '';
const identifiersOf = (
  { cohort }: Overview['header'],
  words: (asked: string) => string,
  wording: Pen['wording'],
): string => (cohort.by === 'identifiers' ? words(showNumber(cohort.asked, wording)) : '');

const checkpointFacts = (checkpoint: CheckpointText, { attachment }: Overview, { wording }: Pen): Facts => {
  const { checkpoint: words } = wording;
  return [
    [words.origin, checkpoint.origin],
    [words.size, showNumber(checkpoint.size, wording)],
    [words.recorded, showInstant(checkpoint.recorded)],
    [words.root, checkpoint.root],
    [words.heads, checkpoint.heads],
    [words.signers, checkpoint.signers.join(', ')],
    [words.drawnBy, words.rendering(rendering)],
    [words.attachment, `${packageFileName}, ${words.fingerprint(attachment.sha256)}`],
  ];
};

const drawCommands = (pages: Pages, part: Element, exportId: string, pen: Pen): void => {
  const { wording, styles } = pen;
  const { check } = wording;
  paragraph(pages, part, 'P', spans(check.about, styles.text), { after: 3 });
  const commands: readonly (readonly [string, string])[] = [
    [check.ours, `npx consent-ledger verify ${exportId}.pdf --trust keys.txt`],
    [check.theirs, `pdfsig ${exportId}.pdf`],
  ];
  for (const [why, command] of commands) {
    paragraph(pages, part, 'P', spans(why, styles.label), { keep: 24 });
    pages.room(22);
    pages.artifact(box(margin.left, pages.y + 1, textWidth, 18, colors.wash));
    paragraph(pages, part, 'P', spans(command, styles.strong), { x: 8, before: 4, after: 7 });
  }
};
