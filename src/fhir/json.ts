import { elementPath } from './refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How deep a resource may be nested: two levels for each of the 32 that rules may have, and what stands in them. */
const maxDepth = 100;

export const tooDeep = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= maxDepth || Object.values(value).some((inner) => tooDeep(inner, depth + 1));
};

/** Where a resource has its first modifierExtension, outside of the resources that it contains. */
export const modifierExtension = (value: unknown, path: readonly PropertyKey[] = []): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'contained' && path.length === 0) continue;
    const innerPath = [...path, isList ? Number(key) : key];
    if (!isList && key === 'modifierExtension') return elementPath(innerPath);
    const found = modifierExtension(inner, innerPath);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * A copy without what is kept and not judged (SEMANTICS S8): ids of elements and extensions, also those of
 * primitives (`_status`), and with references relative to `base`. Where an extension stands in a primitive's place
 * (a data-absent-reason) it stays, and is refused wherever the primitive would be read.
 */
export const judged = (value: unknown, base: string): unknown => {
  if (Array.isArray(value)) return value.map((inner) => judged(inner, base));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key]) => key !== 'id' && key !== 'extension' && !(key.startsWith('_') && key.slice(1) in value),
      )
      .map(([key, inner]) => [
        key,
        key === 'reference' && typeof inner === 'string' ? relative(inner, base) : judged(inner, base),
      ]),
  );
};

/** A literal reference without the base of the server that it comes from. */
export const relative = (reference: string, base: string): string =>
  reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference;
