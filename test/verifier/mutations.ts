import type { ExportRecord } from '../../schemas/export/package.ts';
import { sealed } from './kit.ts';

/** A way to tamper with an export; `pick(n)` gives a number below n. Undefined: it changed nothing. */
export type Mutation = (
  good: { readonly records: readonly ExportRecord[]; readonly bytes: Buffer },
  pick: (n: number) => number,
) => Buffer | undefined;

const resealed = (records: readonly ExportRecord[]) => Buffer.from(sealed(records), 'utf8');

/** Changes the records and has the whole signed anew by the ledger: the proofs alone must show it. */
const onRecords =
  (change: (records: ExportRecord[], at: number, pick: (n: number) => number) => ExportRecord[]): Mutation =>
  ({ records, bytes }, pick) => {
    const changed = resealed(change(structuredClone(records) as ExportRecord[], pick(records.length), pick));
    return changed.equals(bytes) ? undefined : changed;
  };

/** What a package says by the word of who made it, so that nothing in it could show another word to be wrong. */
const provenOfErasure = ['erasureId', 'closedAt', 'remains.events'];
const byWordAlone = (record: ExportRecord, path: readonly string[]): boolean =>
  (record.record === 'erasure' && !provenOfErasure.includes(path.join('.'))) ||
  (record.record === 'export' && path[0] !== 'checkpoint' && path[0] !== 'tenant') ||
  (record.record === 'patient' && path[0] === 'identifier');

const leavesOf = (value: unknown, path: readonly string[] = []): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
    : [[...path]];

const otherValue = (value: unknown, pick: (n: number) => number): unknown => {
  if (typeof value === 'number') return value + 1 + pick(3);
  if (typeof value === 'string' && value !== '') {
    const at = pick(value.length);
    const other = value[at] === 'a' ? 'b' : 'a';
    return value.slice(0, at) + other + value.slice(at + 1);
  }
  return typeof value === 'boolean' ? !value : 'x';
};

/** Every way, by its name. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'a byte is another': ({ bytes }, pick) => {
    const changed = Buffer.from(bytes);
    changed[pick(bytes.length)]! ^= 1 + pick(255);
    return changed;
  },
  'a byte is left out': ({ bytes }, pick) => {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  },
  'a byte is put in': ({ bytes }, pick) => {
    const at = pick(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.of(pick(256)), bytes.subarray(at)]);
  },
  'it is cut off': ({ bytes }, pick) => bytes.subarray(0, pick(bytes.length)),
  'a line is left out': (good, pick) => spliced(good.bytes, pick, (lines, at) => lines.toSpliced(at, 1)),
  'a line is there twice': (good, pick) =>
    spliced(good.bytes, pick, (lines, at) => lines.toSpliced(at, 0, lines[at]!)),
  'two lines have changed places': (good, pick) =>
    spliced(good.bytes, pick, (lines, at) => {
      const other = pick(lines.length);
      return lines.with(at, lines[other]!).with(other, lines[at]!);
    }),
  'a record is left out, and it is signed anew': onRecords((records, at) =>
    // The ledger may state nothing of an erasure: one without a statement is as good.
    records[at]!.record === 'erasure' ? records : records.toSpliced(at, 1),
  ),
  'a record is there twice, and it is signed anew': onRecords((records, at) =>
    records.toSpliced(at, 0, records[at]!),
  ),
  'two records have changed places, and it is signed anew': onRecords((records, at, pick) => {
    const other = pick(records.length);
    return records.with(at, records[other]!).with(other, records[at]!);
  }),
  'a record is another of its kind, and it is signed anew': onRecords((records, at, pick) => {
    const alike = records.filter(({ record }) => record === records[at]!.record);
    return records.with(at, alike[pick(alike.length)]!);
  }),
  'a member is another, and it is signed anew': onRecords((records, at, pick) => {
    const record = records[at]!;
    const paths = leavesOf(record).filter((path) => path[0] !== 'record' && !byWordAlone(record, path));
    const path = paths[pick(paths.length)];
    if (path === undefined) return records;
    let holder = record as unknown as Record<string, unknown>;
    for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
    holder[path.at(-1)!] = otherValue(holder[path.at(-1)!], pick);
    return records;
  }),
  'a member is left out, and it is signed anew': onRecords((records, at, pick) => {
    const record = records[at]! as unknown as Record<string, unknown>;
    const names = Object.keys(record).filter((name) => !byWordAlone(records[at]!, [name]));
    delete record[names[pick(names.length)] ?? ''];
    return records;
  }),
};

const spliced = (
  bytes: Buffer,
  pick: (n: number) => number,
  change: (lines: string[], at: number) => string[],
): Buffer | undefined => {
  const lines = bytes.toString('utf8').slice(0, -1).split('\n');
  const changed = Buffer.from(`${change(lines, pick(lines.length)).join('\n')}\n`, 'utf8');
  return changed.equals(bytes) ? undefined : changed;
};
