/** A piece of a JSON document: one element of its top-level list `entry`, or, last, all that stands around these. */
export type Piece = { readonly entry: string } | { readonly around: string };

/**
 * Cuts the entries out of a Bundle while it is read, so that a Bundle of any size takes the memory of one entry.
 * A document without a top-level list `entry` is one piece. What is not JSON is not noticed here: its pieces do
 * not parse.
 */
export async function* splitBundle(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  let around = '';
  let entry: string | undefined;
  let isList = false;
  let isString = false;
  let isEscaped = false;
  let depth = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const char = chunk[at];
      if (isString) {
        isString = isEscaped || char !== '"';
        isEscaped = !isEscaped && char === '\\';
      } else if (char === '"') {
        isString = true;
      } else if (char === '{' || char === '[') {
        if (isList && depth === 2) {
          entry = '';
          from = at;
        } else if (depth === 1 && char === '[' && /"entry"\s*:\s*$/.test(around + chunk.slice(from, at))) {
          around += chunk.slice(from, at + 1);
          isList = true;
        }
        depth += 1;
      } else if (char === '}' || char === ']') {
        depth -= 1;
        if (isList && depth === 2) {
          yield { entry: `${entry}${chunk.slice(from, at + 1)}` };
          entry = undefined;
        } else if (isList && depth === 1) {
          isList = false;
          from = at;
        }
      }
    }
    if (entry !== undefined) entry += chunk.slice(from);
    else if (!isList) around += chunk.slice(from);
  }
  yield { around };
}
