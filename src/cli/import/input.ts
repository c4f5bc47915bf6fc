import { createReadStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { splitBundle } from './split-bundle.ts';

/** One thing found in the input, and where: a resource, or what could not be read. */
export type Item = { readonly origin: string } & (
  | { readonly resource: unknown }
  | { readonly problem: string }
);

const lineFiles = /\.(ndjson|jsonl)$/;

/**
 * The files of the input, in the order given; of a folder all its .json, .ndjson and .jsonl, in the order of their
 * names, at any depth. Rejects where there is no such file or folder.
 */
export const filesOf = async (inputs: readonly string[]): Promise<{ path: string; bytes: number }[]> => {
  const files: { path: string; bytes: number }[] = [];
  for (const input of inputs) {
    const found = await stat(input);
    const paths = found.isDirectory()
      ? (await Array.fromAsync(glob('**/*.{json,ndjson,jsonl}', { cwd: input })))
          .sort()
          .map((path) => join(input, path))
      : [input];
    for (const path of paths) files.push({ path, bytes: (await stat(path)).size });
  }
  return files;
};

/** The resources of a file: one, those of a Bundle, or one a line; as a stream. `onBytes`: as they are read. */
export const readItems = (path: string, onBytes: (bytes: number) => void): AsyncGenerator<Item> =>
  lineFiles.test(path) ? readLines(path, onBytes) : readDocument(path, onBytes);

async function* readLines(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Item> {
  let line = 0;
  let rest = '';
  try {
    for await (const chunk of textOf(path, onBytes)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        line += 1;
        if (text.trim() !== '') yield itemOf(`${path}:${line}`, text);
      }
    }
  } catch {
    yield { origin: path, problem: unreadable };
    return;
  }
  if (rest.trim() !== '') yield itemOf(`${path}:${line + 1}`, rest);
}

/** Twice through a Bundle: first to see that it is whole and of what type, then for its entries. */
async function* readDocument(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Item> {
  try {
    const document = itemOf(path, await aroundEntries(path));
    if (
      !('resource' in document) ||
      !isObject(document.resource) ||
      document.resource.resourceType !== 'Bundle'
    ) {
      onBytes((await stat(path)).size);
      yield document;
    } else if (document.resource.type === 'history') {
      const problem = 'a history Bundle has the newest version first: import the current versions';
      yield { origin: path, problem };
    } else {
      let place = 0;
      for await (const piece of splitBundle(textOf(path, onBytes))) {
        if ('entry' in piece) yield entryOf(itemOf(`${path}#entry[${place}]`, piece.entry));
        place += 1;
      }
    }
  } catch {
    yield { origin: path, problem: unreadable };
  }
}

const unreadable = 'cannot be read, or is not UTF-8';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const itemOf = (origin: string, text: string): Item => {
  try {
    return { origin, resource: JSON.parse(text) };
  } catch {
    return { origin, problem: 'not JSON' };
  }
};

const entryOf = (item: Item): Item => {
  if ('problem' in item) return item;
  const { origin, resource: entry } = item;
  if (!isObject(entry) || entry.resource === undefined)
    return { origin, problem: 'an entry without a resource' };
  return { origin, resource: entry.resource };
};

const aroundEntries = async (path: string): Promise<string> => {
  for await (const piece of splitBundle(textOf(path))) if ('around' in piece) return piece.around;
  return '';
};

/** The text of a file in pieces; rejects where it is not UTF-8. */
async function* textOf(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    yield decoder.decode(chunk, { stream: true });
    onBytes?.(chunk.length);
  }
  yield decoder.decode();
}
