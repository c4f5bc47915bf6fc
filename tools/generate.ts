import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decisionEntry, olderDecisionEntries } from '../schemas/events/decisions-recorded.ts';
import { defineEvent } from '../schemas/events/define.ts';
import { metadata } from '../schemas/events/metadata.ts';
import { eventDefinitions } from '../schemas/events/registry.ts';
import { openApiDocument } from '../src/http/openapi.ts';
import { configurationPage } from './configuration-page.ts';
import { goldenProblems, jsonSchemas, type Published, publish, unpublishable } from './registry.ts';

/**
 * Writes what is generated from the source: `npm run generate`. With --check it writes nothing, and fails where a
 * file differs from its source, a published version would change, or a golden sample no longer opens.
 */
const registry = 'schemas/registry';
const publishedFile = join(registry, 'published.json');

/** Every shape that is stored for good: the events, and what stands inside or beside them. */
const stored = [
  ...eventDefinitions,
  defineEvent('EventMetadata', 'What stands beside each event in clear', [], metadata),
  defineEvent(
    'DecisionEntry',
    'One answer, sealed in DecisionsRecorded',
    olderDecisionEntries,
    decisionEntry,
  ),
];

const readJson = (file: string) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const schemas = jsonSchemas(stored);
const published: Published = readJson(publishedFile) ?? {};

const files = new Map<string, string>([
  ...[...schemas].map(([name, schema]): [string, string] => [join(registry, `${name}.json`), schema]),
  [publishedFile, asJson(publish(schemas, published))],
  [join(registry, 'openapi.json'), asJson(openApiDocument())],
  ['docs/configuration.md', configurationPage()],
]);

const differing = (): string[] => {
  const strays = existsSync(registry) ? readdirSync(registry).map((name) => join(registry, name)) : [];
  return [
    ...[...files].flatMap(([file, content]) =>
      existsSync(file) && readFileSync(file, 'utf8') === content ? [] : [`${file} differs from its source`],
    ),
    ...strays.filter((file) => !files.has(file)).map((file) => `${file} is generated from nothing`),
  ];
};

const write = (): void => {
  for (const [file, content] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
};

const problems = unpublishable(schemas, published);
if (process.argv.includes('--check')) {
  problems.push(...differing());
  problems.push(...goldenProblems(stored, (name) => readJson(join('test/data/golden', `${name}.json`))));
} else if (problems.length === 0) write();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
