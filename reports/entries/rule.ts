import type { Exception, Rule } from '../../schemas/provision.ts';
import { ruleWords } from '../text/show.ts';
import type { Entry, Pen } from './entry.ts';

const indentStep = 12;
const deepestIndent = 6;

/** A rule as a sentence, and its exceptions, which are of the other type, below it. */
export const ruleSentences = (
  rule: Exception,
  type: Rule['type'],
  path: string,
  pen: Pen,
  depth = 0,
): Entry['body'] => {
  const { wording, styles } = pen;
  const sentence = wording.rule(ruleWords(rule, type, wording));
  const opposite = type === 'permit' ? 'deny' : 'permit';
  return [
    {
      spans: [
        { text: `${depth > 0 ? wording.event.except : ''}${sentence} `, style: styles.text },
        { text: path, style: styles.tiny },
      ],
      indent: Math.min(depth, deepestIndent) * indentStep,
    },
    ...(rule.exceptions ?? []).flatMap((exception, place) =>
      ruleSentences(exception, opposite, `${path}.exceptions[${place}]`, pen, depth + 1),
    ),
  ];
};
