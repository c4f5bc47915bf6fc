import { createHash } from 'node:crypto';

/** A record's line may not be longer: no event is, by far. */
const maxLineBytes = 64 * 1024 * 1024;
const lineFeed = 0x0a;

export interface Line {
  /** Without its LF; undefined where it is not UTF-8. */
  readonly text: string | undefined;
  /** Whether it had its LF: where not, the bytes are cut off here. */
  readonly isWhole: boolean;
  /** SHA-256 of all bytes before this line: worked out when it is asked for, before the next line. */
  digestBefore(): Buffer;
}

/** Takes bytes apart into lines. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const hash = createHash('sha256');
  const digestBefore = () => hash.copy().digest();
  const lineIn = (bytes: Uint8Array, isWhole: boolean) => {
    let text: string | undefined;
    try {
      text = decoder.decode(bytes);
    } catch {
      text = undefined;
    }
    return { text, isWhole, digestBefore };
  };
  let rest: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const tail = chunk.subarray(from, end);
      const bytes = rest.length === 0 ? tail : Buffer.concat([...rest, tail]);
      yield lineIn(bytes, true);
      hash.update(bytes).update('\n');
      rest = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    rest.push(Buffer.from(chunk.subarray(from)));
    length += chunk.length - from;
    if (length > maxLineBytes) break;
  }
  if (rest.length > 0) yield lineIn(Buffer.concat(rest), false);
}
