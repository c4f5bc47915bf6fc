import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiRoutes, publicRoutes } from '../../schemas/http/routes.ts';
import { docsPage } from '../../src/http/docs-page.ts';
import { openApiDocument } from '../../src/http/openapi.ts';

const page = docsPage(openApiDocument());

test('the list at the top leads to every operation, and each link of the page leads somewhere', () => {
  const navigation = page.slice(page.indexOf('<nav>'), page.indexOf('</nav>'));
  for (const id of [...Object.keys(apiRoutes), ...Object.keys(publicRoutes), 'problems', 'schemas'])
    assert.ok(navigation.includes(`href="#${id}"`), id);
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${id}"`), id);
});

test('what ends as a question gets no full stop', () => {
  assert.ok(page.includes('at this moment? Scope:'));
  assert.doesNotMatch(page, /[?!]\./);
});
