import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { filesOf, type Item, readItems } from '../../src/cli/import/input.ts';
import { splitBundle } from '../../src/cli/import/split-bundle.ts';
import { withFolder } from '../vault/kit.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

/** What a Bundle is made of again, from its pieces. */
const rejoined = async (text: string, size: number) => {
  const entries: unknown[] = [];
  let around: unknown;
  for await (const piece of splitBundle(inPieces(text, size))) {
    if ('entry' in piece) entries.push(JSON.parse(piece.entry));
    else around = JSON.parse(piece.around);
  }
  return { entries, around };
};

test('a Bundle is cut into its entries and what stands around them, however it comes in pieces', async () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(
      fc.array(objects),
      objects,
      objects,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(undefined, 2),
      async (entry, before, after, size, indent) => {
        const bundle = { ...before, entry, ...after, total: 1, nested: { entry: [{ deep: true }] } };
        bundle.entry = entry;
        const { entries, around } = await rejoined(JSON.stringify(bundle, null, indent), size);
        assert.deepEqual(entries, JSON.parse(JSON.stringify(entry)));
        assert.deepEqual(around, JSON.parse(JSON.stringify({ ...bundle, entry: [] })));
      },
    ),
    { numRuns: 300 },
  );
});

test('brackets and quotes within strings are text, and another list is not that of the entries', async () => {
  const text =
    '{"a":"\\"entry\\":[{","b":["entry"],"entry":[{"x":"]}\\\\"},{"y":"[{\\""}],"c":[{"entry":[1]}]}';
  for (let size = 1; size < 20; size += 1) {
    assert.deepEqual(await rejoined(text, size), {
      entries: [{ x: ']}\\' }, { y: '[{"' }],
      around: { a: '"entry":[{', b: ['entry'], entry: [], c: [{ entry: [1] }] },
    });
  }
});

const itemsOf = async (path: string): Promise<Item[]> => Array.fromAsync(readItems(path, () => {}));

test('lines of NDJSON are resources, each with its line; one that is not JSON is a problem of its own', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'a.ndjson');
    await writeFile(path, '\ufeff{"id":"1"}\r\n\n{"id":\n{"id":"3"}');
    assert.deepEqual(await itemsOf(path), [
      { origin: `${path}:1`, resource: { id: '1' } },
      { origin: `${path}:3`, problem: 'not JSON' },
      { origin: `${path}:4`, resource: { id: '3' } },
    ]);
  }));

test('a Bundle gives the resources of its entries, each with its place', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'a.json');
    const entry = [{ fullUrl: 'u', resource: { id: '1' } }, { request: { method: 'DELETE' } }];
    await writeFile(path, JSON.stringify({ entry, resourceType: 'Bundle', type: 'collection' }));
    assert.deepEqual(await itemsOf(path), [
      { origin: `${path}#entry[0]`, resource: { id: '1' } },
      { origin: `${path}#entry[1]`, problem: 'an entry without a resource' },
    ]);
  }));

test('nothing is taken of a Bundle that is cut off, of a history, or of what is not UTF-8', () =>
  withFolder(async (folder) => {
    const whole = JSON.stringify({
      resourceType: 'Bundle',
      type: 'history',
      entry: [{ resource: { id: '1' } }],
    });
    for (const content of [
      whole,
      whole.replace('history', 'batch').slice(0, -1),
      Buffer.from([0x22, 0xff, 0x22]),
    ]) {
      const path = join(folder, 'a.json');
      await writeFile(path, content);
      const items = await itemsOf(path);
      assert.equal(items.length, 1);
      assert.ok('problem' in items[0]!);
    }
  }));

test('a folder is all its files of resources, at any depth, in order; what is not there is an error', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'b', 'c'), { recursive: true });
    for (const name of ['z.json', 'b/c/y.ndjson', 'b/x.jsonl', 'b/readme.txt'])
      await writeFile(join(folder, name), '{}');
    const names = (await filesOf([folder, join(folder, 'z.json')])).map(({ path, bytes }) => [
      path.slice(folder.length + 1),
      bytes,
    ]);
    assert.deepEqual(names, [
      ['b/c/y.ndjson', 2],
      ['b/x.jsonl', 2],
      ['z.json', 2],
      ['z.json', 2],
    ]);
    await assert.rejects(filesOf([join(folder, 'none')]));
  }));
