import type { DecisionEntry } from '../schemas/events/decisions-recorded.ts';
import type { ExportErasure, ExportKind, ExportPatient, ExportRecord } from '../schemas/export/package.ts';
import { decisionEntry } from './entries/decision.ts';
import type { Entry, Pen } from './entries/entry.ts';
import { erasureFacts } from './entries/erasure.ts';
import { eventEntry } from './entries/event.ts';
import { columns, paragraph, ruleAcross, spans } from './layout/flow.ts';
import { linesOf } from './layout/lines.ts';
import { facts } from './layout/lists.ts';
import { colors } from './layout/styles.ts';
import { patientEvent } from './opened.ts';
import type { Outline } from './pdf/outline.ts';
import { type Pages, textWidth } from './pdf/pages.ts';
import { pageHeight } from './pdf/pdfkit.ts';
import type { Element } from './pdf/structure.ts';
import { RecordedTimes } from './recorded-times.ts';
import { showNumber } from './text/show.ts';

const timesWidth = 150;
/** Patients under one entry of the outline, and in one part of the structure. */
const together = 100;

/** Draws the patients as their records come by. */
export class PatientPages {
  private readonly pages: Pages;
  private readonly document: Element;
  private readonly outline: Outline;
  private readonly pen: Pen;
  private readonly patients: number;
  private readonly times = new RecordedTimes();
  private kind: ExportKind | undefined;
  private line = 0;
  /** What stands for an entry of the patient at hand that is not open. */
  private closed = '';
  private part: Element | undefined;
  private sect: Element | undefined;
  private list: Element | undefined;
  private listed: 'event' | 'decision' | undefined;
  /** Whether it was said what is stated of the erasure of the patient at hand, or that nothing is. */
  private isStated = false;

  constructor(pages: Pages, document: Element, outline: Outline, patients: number, pen: Pen) {
    this.pages = pages;
    this.document = document;
    this.outline = outline;
    this.patients = patients;
    this.pen = pen;
  }

  /** Takes the records one after the other, all of them, from the first. True after the last of a patient. */
  add(record: ExportRecord): void {
    this.line += 1;
    switch (record.record) {
      case 'export':
        this.kind = record.kind;
        break;
      case 'decisions':
        this.times.add(record.index, record.recordedAt);
        break;
      case 'patient':
        this.begin(record);
        break;
      case 'event':
        this.entry('event', eventEntry(record, patientEvent(record), this.line, this.closed, this.pen));
        break;
      case 'erasure':
        this.erasure(record);
        break;
      case 'decision': {
        const said = record.opened?.payload as DecisionEntry | undefined;
        const recordedAt = this.times.of(record.index);
        this.entry('decision', decisionEntry(record, recordedAt, said, this.line, this.closed, this.pen));
        break;
      }
    }
  }

  end(): void {
    this.endPatient();
    this.part?.end();
    this.part = undefined;
  }

  private begin(patient: ExportPatient): void {
    const { pages, pen } = this;
    const { wording, styles } = pen;
    this.endPatient();
    if ((patient.number - 1) % together === 0) this.beginPart(patient.number);
    const { part } = this;
    if (part === undefined) throw new Error('the first patient of an export has number 1');
    if (patient.number > 1) {
      pages.room(120);
      if (pages.left < 640) ruleAcross(pages, colors.rule, { before: 9, after: 9 });
    }
    const number = (count: number) => showNumber(count, wording);
    const { identifier, subject } = patient;
    const name = identifier === undefined ? (subject ?? '') : `${identifier.value} (${identifier.system})`;
    const title = wording.patients.one(number(patient.number), identifier?.value ?? name);
    this.outline.below().add(title, { page: pages.page, y: pageHeight - pages.y + 4 });
    this.closed = patient.status === 'erased' ? wording.patients.gone : wording.patients.outside;
    const sect = part.child('Sect');
    this.sect = sect;
    paragraph(pages, sect, 'H2', spans(wording.patients.one(number(patient.number), name), styles.patient), {
      keep: 80,
    });
    const status = {
      known: wording.patients.known(number(patient.events), number(patient.decisions)),
      unknown: wording.patients.unknown,
      erased: wording.patients.erased(number(patient.events), number(patient.decisions)),
    }[patient.status];
    paragraph(pages, sect, 'P', spans(status, styles.text));
    if (identifier !== undefined && subject !== undefined)
      paragraph(pages, sect, 'P', spans(wording.patients.subject(subject), styles.small));
  }

  /** A part of the structure, and an entry of the outline, for each hundred patients. */
  private beginPart(first: number): void {
    const { pages, document, outline, pen, patients } = this;
    const { wording } = pen;
    this.part?.end();
    if (first === 1) pages.next();
    this.part = document.child('Part');
    const last = Math.min(first + together - 1, patients);
    const title =
      patients <= together
        ? wording.patients.heading
        : wording.patients.range(showNumber(first, wording), showNumber(last, wording));
    outline.add(title, { page: pages.page, y: pageHeight - pages.y + 4 });
  }

  private entry(kind: 'event' | 'decision', entry: Entry): void {
    const { pages, sect } = this;
    if (sect === undefined) throw new Error('an event or decision stands before its patient');
    if (this.listed !== kind) this.beginList(kind, sect);
    const item = this.list!.child('LI');
    const body = item.child('LBody');
    columns(pages, body, 'LBody', [
      { x: 0, lines: entry.times.flatMap((spans) => linesOf(spans, timesWidth - 8)) },
      {
        x: timesWidth,
        lines: entry.body.flatMap(({ spans, indent = 0 }) =>
          linesOf(spans, textWidth - timesWidth - indent).map((line) => ({ ...line, indent })),
        ),
      },
    ]);
    body.end();
    item.end();
    pages.y += 5;
  }

  private erasure(stated: ExportErasure): void {
    const { pages, pen } = this;
    facts(pages, this.beginErasure(), erasureFacts(stated, pen), pen);
  }

  /** Ends the list of events, and begins what is stated. */
  private beginErasure(): Element {
    const { pages, pen, sect } = this;
    if (sect === undefined) throw new Error('an erasure stands before its patient');
    this.endList();
    this.isStated = true;
    const title = spans(pen.wording.erasure.heading, pen.styles.subheading);
    paragraph(pages, sect, 'H3', title, { before: 7, after: 2, keep: 80 });
    return sect;
  }

  private endList(): void {
    this.list?.end();
    this.list = undefined;
    this.listed = undefined;
  }

  private beginList(kind: 'event' | 'decision', sect: Element): void {
    const { wording, styles } = this.pen;
    this.list?.end();
    const title = kind === 'event' ? wording.patients.events : wording.patients.decisions;
    paragraph(this.pages, sect, 'H3', spans(title, styles.subheading), { before: 5, after: 2, keep: 50 });
    this.list = sect.child('L');
    this.listed = kind;
  }

  private endPatient(): void {
    this.endList();
    if (this.sect !== undefined && this.kind === 'erasures' && !this.isStated) {
      const { wording, styles } = this.pen;
      paragraph(this.pages, this.beginErasure(), 'P', spans(wording.erasure.nothing, styles.text));
    }
    this.sect?.end();
    this.sect = undefined;
    this.isStated = false;
  }
}
