import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiRoutes, publicRoutes } from '../../schemas/http/routes.ts';
import { scopes } from '../../schemas/http/scopes.ts';
import { docsPage, pagePolicy } from '../../src/http/docs-page.ts';
import { openApiDocument } from '../../src/http/openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly { readonly token: readonly string[] }[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}
const document = openApiDocument() as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const text = JSON.stringify(document);

describe('the OpenAPI document', () => {
  it('has every route, each once', () => {
    const expected = [...Object.entries(apiRoutes), ...Object.entries(publicRoutes)];
    assert.deepEqual(
      operations
        .map(({ path, method, operation }) => `${operation.operationId} ${method} ${path}`)
        .toSorted(),
      expected.map(([id, { method, path }]) => `${id} ${method} ${path}`).toSorted(),
    );
  });

  it('refers only to schemas that it has, and is the same each time', () => {
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      assert.ok(Object.hasOwn(document.components.schemas, name!), name);
    }
    assert.ok(!text.includes('#/$defs/'));
    assert.equal(JSON.stringify(openApiDocument()), text);
  });

  it('asks for a scope that there is, on every route that is not open', () => {
    const asked = new Set<string>();
    for (const { operation } of operations) {
      if (operation.operationId in publicRoutes) continue;
      assert.ok(operation.security.length > 0, operation.operationId);
      for (const { token } of operation.security) for (const scope of token) asked.add(scope);
    }
    assert.deepEqual([...asked].toSorted(), [...scopes].toSorted());
  });

  it('has each parameter of a path, and none of a person in a URL', () => {
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        inPath,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      const inUrl = operation.parameters.filter((each) => each.in !== 'header').map(({ name }) => name);
      for (const name of inUrl) assert.ok(!/patient|identifier|subject|name/i.test(name), name);
    }
  });

  it('refuses unknown members in each body', () => {
    const closed = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { type, properties, additionalProperties } = schema as Record<string, unknown>;
      if (type === 'object' && properties !== undefined)
        assert.equal(additionalProperties, false, JSON.stringify(schema));
      for (const each of Object.values(schema)) closed(each);
    };
    closed(document.components.schemas);
    closed(document.paths);
  });
});

describe('the page of documentation', () => {
  const html = docsPage(document);

  it('shows every route and every schema', () => {
    for (const { operation } of operations) assert.ok(html.includes(`id="${operation.operationId}"`));
    for (const name of Object.keys(document.components.schemas))
      assert.ok(html.includes(`id="schema-${name}"`), name);
  });

  it('loads nothing and runs nothing', () => {
    assert.ok(!/<(script|img|link|iframe|object|embed|base|form)\b/i.test(html));
    assert.ok(!/\b(src|srcset|onload|onclick)=/i.test(html));
    for (const [, target] of html.matchAll(/href="([^"]*)"/g)) assert.match(target!, /^(#|\/)/);
    assert.ok(!html.includes('@import') && !html.includes('url('));
    assert.match(pagePolicy, /default-src 'none'; style-src 'sha256-/);
  });

  it('escapes what it shows', () => {
    const hostile = structuredClone(document) as unknown as { info: { title: string; description: string } };
    hostile.info.title = '<script>alert(1)</script>';
    assert.ok(!docsPage(hostile).includes('<script>'));
  });
});
