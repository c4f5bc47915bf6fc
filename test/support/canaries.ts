import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every value that was given out, to be looked for wherever it might have come to stand. */
export const planted: string[] = [];
/** A random value that is kept in `planted`. */
export const canary = (): string => {
  const value = `c${randomBytes(12).toString('hex')}`;
  planted.push(value);
  return value;
};
export const coded = () => ({ system: `urn:${canary()}`, code: canary() });
export const identified = () => ({ system: `urn:${canary()}`, value: canary() });

/** The canary that these bytes hold: as it is, in any case, in UTF-16, or in hex or base64 at any offset. */
const found = (bytes: Buffer): string | undefined => {
  const texts = [bytes.toString('latin1').toLowerCase(), bytes.toString('utf16le').toLowerCase()];
  return planted.find(
    (value) =>
      texts.some((text) => text.includes(value)) ||
      encodingsOf(value).some((encoded) => bytes.includes(encoded)),
  );
};

/** Of base64 the middle, which depends on the offset alone, and not on what stands around it. */
const encodingsOf = (value: string): string[] => [
  Buffer.from(value).toString('hex'),
  ...[0, 1, 2].map((offset) =>
    Buffer.from('x'.repeat(offset) + value)
      .toString('base64')
      .slice(4, -4),
  ),
];

export const assertNone = (what: string, text: string | Buffer) => {
  const value = found(Buffer.from(text));
  assert.equal(value, undefined, `canary ${planted.indexOf(value ?? '')} in ${what}`);
};

export const assertNoneOnDisk = async (folder: string) => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  assert.ok(files.some((file) => file.endsWith('log.db')) && files.some((file) => file.includes('models')));
  for (const file of files) assertNone(file, await readFile(file));
};
