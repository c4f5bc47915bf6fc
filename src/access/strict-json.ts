/** A JSON string, and whether it is the name of a member. */
const stringOrName = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/**
 * Whether an object in `json`, at any depth, names a member twice: parsers differ in which one they take
 * (RFC 8259 section 4), so a token with such claims is refused (RFC 7519 section 4). `json` must be valid.
 */
const namesTwice = (json: string): boolean => {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(stringOrName)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const names = open.at(-1)!;
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      if (names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The JSON object that these bytes hold; undefined where they are not strict UTF-8, not JSON, not an object, or
 * name a member twice.
 */
export const strictObject = (bytes: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && !namesTwice(text) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};
