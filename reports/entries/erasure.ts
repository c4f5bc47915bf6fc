import type { ExportErasure } from '../../schemas/export/package.ts';
import type { Facts } from '../layout/lists.ts';
import { showInstant, showNumber } from '../text/show.ts';
import type { Pen } from './entry.ts';

/** What is stated of an erasure, point by point: on whose word, what was destroyed and when, what remains and why. */
export const erasureFacts = (stated: ExportErasure, { wording }: Pen): Facts => {
  const { erasure: words } = wording;
  const number = (count: number) => showNumber(count, wording);
  const { requestedBy, approvedBy, irrecoverableOnceEpochRetired: epoch, suppressed, remains } = stated;
  const officer = (label: string, who: typeof requestedBy): Facts =>
    who === undefined ? [] : [[label, words.officer(who.subject, who.issuer)]];
  const what = remains.what.map((one) => words.residual[one] ?? one).join(', ');
  return [
    [words.request, stated.erasureId],
    [words.article, words.articleOf(stated.article)],
    [words.received, words.receivedAt(showInstant(stated.receivedAt), showInstant(stated.dueAt))],
    ...officer(words.requestedBy, requestedBy),
    [words.approved, showInstant(stated.approvedAt)],
    ...officer(words.approvedBy, approvedBy),
    [words.destroyed, words.destroyedWhat(number(stated.exportsRemoved))],
    [words.closed, showInstant(stated.closedAt)],
    [words.unreadable, words.unreadableSince(showInstant(stated.unreadableSince))],
    [
      words.irrecoverable,
      epoch === undefined
        ? words.irrecoverableNot
        : stated.irrecoverableSince === undefined
          ? words.irrecoverableOnce(number(epoch), stated.epochRetired === true)
          : words.irrecoverableSince(showInstant(stated.irrecoverableSince), number(epoch)),
    ],
    [words.recipients, words.recipientsTold(number(stated.recipients), number(stated.recipientsTold))],
    ...(suppressed === undefined ? [] : ([[words.suppressed, words.suppressedOn(suppressed)]] as Facts)),
    [words.remains, words.remainsOf(number(remains.events), what)],
  ];
};
