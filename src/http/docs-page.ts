import { hash } from 'node:crypto';
import { failureCodes } from '../../schemas/failures.ts';
import { problemTypes } from './problems.ts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
h2{margin-top:3rem;border-bottom:2px solid #ccc}h3{margin-top:2rem}code,pre{font:14px/1.4 ui-monospace,monospace}
pre{background:#f4f4f4;padding:1rem;overflow:auto}summary{cursor:pointer}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd}`;

/** Nothing but this style sheet, named by its hash; no script, nothing from elsewhere. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
/** Text in which `backticks` stand for code. */
const marked = (text: string): string => escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** Text that ends as a sentence does. */
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

const page = (title: string, content: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escaped(title)}</title><style>${style}</style></head><body>\n${content}\n</body></html>\n`;

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
  readonly description?: string;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media>>;
}
/** What the page shows of an OpenAPI document. */
interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** JSON in which each reference leads to the schema that it names. */
const schemaText = (schema: unknown): string =>
  escaped(JSON.stringify(schema, null, 2)).replaceAll(
    /&quot;#\/components\/schemas\/(\w+)&quot;/g,
    '<a href="#schema-$1">$1</a>',
  );

const folded = (label: string, schema: unknown): string =>
  `<details><summary>${label}</summary><pre>${schemaText(schema)}</pre></details>`;

const mediaSchema = (media: Media | undefined): unknown => Object.values(media?.content ?? {})[0]?.schema;

const operationHtml = (method: string, path: string, operation: Operation): string => {
  const { operationId, summary, description = '', parameters, requestBody, responses } = operation;
  const rows = Object.entries(responses).map(([status, response]) => {
    const schema = mediaSchema(response);
    const shown = Number(status) < 300 && schema !== undefined ? folded('Body', schema) : '';
    return `<tr><td>${status}</td><td>${marked(response.description ?? '')}${shown}</td></tr>`;
  });
  const given = parameters.map(
    (each) =>
      `<tr><td><code>${escaped(each.name)}</code></td><td>${each.in}</td><td>${marked(each.description ?? '')}</td></tr>`,
  );
  return [
    `<h3 id="${operationId}"><code>${method.toUpperCase()} ${escaped(path)}</code></h3>`,
    `<p>${marked(sentence(summary))} ${marked(description)}</p>`,
    given.length > 0 ? `<table>${given.join('')}</table>` : '',
    requestBody === undefined ? '' : folded('Request body', mediaSchema(requestBody)),
    `<table>${rows.join('')}</table>`,
  ].join('\n');
};

const problemsHtml = (): string => {
  const rows = failureCodes.map((code) => {
    const { status, title, meaning } = problemTypes[code];
    return `<tr><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${status}</td><td>${marked(sentence(title))} ${marked(meaning)}</td></tr>`;
  });
  return `<h2 id="problems">Problems</h2>\n<table>${rows.join('\n')}</table>`;
};

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Leads to every operation, to the problems and to the schemas. */
const navigationHtml = (byTag: ReadonlyMap<string, readonly Shown[]>): string => {
  const link = (id: string, text: string) => `<a href="#${id}">${escaped(text)}</a>`;
  const groups = [...byTag].map(([tag, operations]) => {
    const links = operations.map(({ method, path, operation }) =>
      link(operation.operationId, `${method.toUpperCase()} ${path}`),
    );
    return `<li>${escaped(tag)}<ul>${links.map((each) => `<li><code>${each}</code></li>`).join('')}</ul></li>`;
  });
  const rest = [link('problems', 'Problems'), link('schemas', 'Schemas')].map((each) => `<li>${each}</li>`);
  return `<nav><ul>${[...groups, ...rest].join('\n')}</ul></nav>`;
};

/** An OpenAPI document as a page that needs nothing else. */
export const docsPage = (openApi: object): string => {
  const { info, paths, components } = openApi as Document;
  const operations: Shown[] = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const byTag = Map.groupBy(operations, ({ operation }) => operation.tags[0]!);
  const groups = [...byTag].map(
    ([tag, those]) =>
      `<h2>${escaped(tag)}</h2>\n${those.map(({ method, path, operation }) => operationHtml(method, path, operation)).join('\n')}`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `<h3 id="schema-${name}">${name}</h3><pre>${schemaText(schema)}</pre>`,
  );
  const head = `<h1>${escaped(info.title)}</h1><p>${marked(info.description)}</p><p><a href="/openapi.json">openapi.json</a></p>`;
  const parts = [head, navigationHtml(byTag), ...groups, problemsHtml()];
  return page(info.title, [...parts, '<h2 id="schemas">Schemas</h2>', ...schemas].join('\n'));
};

/** The description that a problem type leads to; undefined where there is no such type. */
export const problemPage = (code: string): string | undefined => {
  const known = failureCodes.find((each) => each === code);
  if (known === undefined) return undefined;
  const { status, title, meaning } = problemTypes[known];
  return page(
    title,
    `<h1>${escaped(title)}</h1><p><code>${known}</code>, HTTP status ${status}</p><p>${marked(meaning)}</p>`,
  );
};
