import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * RFC 8785 text of a JSON value. Throws NotCanonical where there is none: a lone surrogate, NaN, no value. Where all
 * that RFC 8785 asks for is the order of members, JSON.stringify writes it, whose strings and numbers are the same:
 * in half the time of the library, and this stands on the way of every check.
 */
export const canonicalText = (value: unknown): string => {
  const ordered = inOrder(value);
  if (ordered !== unlike) {
    const text = JSON.stringify(ordered);
    if (!text.includes(surrogate)) return text;
  }
  return libraryText(value);
};

const libraryText = (value: unknown): string => {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw new NotCanonical(error instanceof Error ? error.message : 'not JSON');
  }
  if (text === undefined) throw new NotCanonical('no value');
  return text;
};

/** A value that has no canonical JSON form (RFC 8785 3.2): it can be neither committed to nor hashed. */
export class NotCanonical extends Error {
  readonly code = 'invalid-request';
}

/** How JSON.stringify writes a lone surrogate, and nearly nothing else. */
const surrogate = '\\ud';

/** Of a value that is left to the library. */
const unlike = Symbol('unlike');

/** What is nested deeper is left to the library, which has a stack of its own and knows what is in itself. */
const deepest = 64;

/** The value with the members of its objects in the order of RFC 8785, itself where it has them so; or `unlike`. */
const inOrder = (value: unknown, depth = 0): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : unlike;
    case 'object':
      if (value === null) return value;
      if (depth === deepest || 'toJSON' in value) return unlike;
      return Array.isArray(value)
        ? itemsInOrder(value, depth + 1)
        : membersInOrder(value as Record<string, unknown>, depth + 1);
    default:
      return unlike;
  }
};

const itemsInOrder = (items: unknown[], depth: number): unknown => {
  let ordered = items;
  for (let at = 0; at < items.length; at += 1) {
    const item = inOrder(items[at], depth);
    if (item === unlike) return unlike;
    if (item === items[at]) continue;
    if (ordered === items) ordered = [...items];
    ordered[at] = item;
  }
  return ordered;
};

const membersInOrder = (value: Record<string, unknown>, depth: number): unknown => {
  if (Object.getPrototypeOf(value) !== Object.prototype) return unlike;
  const names = Object.keys(value);
  const isSorted = areSorted(names);
  let ordered = isSorted ? value : {};
  for (const name of isSorted ? names : names.sort()) {
    const given = value[name];
    const member = given === undefined ? given : inOrder(given, depth);
    if (member === unlike || !staysInPlace(name)) return unlike;
    if (ordered !== value) ordered[name] = member;
    else if (member !== given) ordered = { ...value, [name]: member };
  }
  return ordered;
};

const areSorted = (names: readonly string[]): boolean => {
  for (let at = 1; at < names.length; at += 1) if (names[at - 1]! > names[at]!) return false;
  return true;
};

/** Whether an object keeps a member of this name where it was put: integers it moves, `__proto__` is no member. */
const staysInPlace = (name: string): boolean => {
  const first = name.charCodeAt(0);
  return first >= 0x41 && first !== 0x5f;
};

/**
 * The commitment to a payload: base64url SHA-256 over a 32-byte random salt and the payload's RFC 8785 text. With
 * salt and payload anyone can check it; without the salt it says nothing, not even to who guesses the payload.
 */
export const commitmentOf = (salt: Buffer, canonicalPayload: string): string =>
  hash('sha256', Buffer.concat([salt, Buffer.from(canonicalPayload, 'utf8')]), 'base64url');

/** What tells a request's body from another's under one Idempotency-Key: base64url SHA-256 of its RFC 8785 text. */
export const requestHash = (body: unknown): string => hash('sha256', canonicalText(body), 'base64url');
