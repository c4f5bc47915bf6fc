import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { problem } from '../../schemas/http/common.ts';
import type { ApiRoute } from '../../schemas/http/route.ts';
import { apiRoutes, publicRoutes } from '../../schemas/http/routes.ts';
import { scopes } from '../../schemas/http/scopes.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const exchanges = [
  ...page.matchAll(
    /^```http\n(?<method>\w+) (?<target>\S+)(?:\n(?<body>.*?))??\n\n(?<status>\d+).*?\n(?<answer>.*?)^```$/gms,
  ),
].map(({ groups }) => groups!);

describe('docs/api.md', () => {
  it('names every route and every scope', () => {
    for (const { method, path } of [...Object.values(apiRoutes), ...Object.values(publicRoutes)])
      assert.ok(page.includes(`${method.toUpperCase()} ${path}`), `${method} ${path}`);
    for (const scope of scopes) assert.ok(page.includes(`\`${scope}\``), scope);
  });

  it('shows each of its exchanges in a form that is read here', () => {
    assert.equal(exchanges.length, page.match(/^```http$/gm)?.length);
  });

  for (const { method, target, body, status, answer } of exchanges) {
    it(`${method} ${target}, ${status}: request and answer keep the contract`, () => {
      const [path] = target!.split('?');
      const route: ApiRoute | undefined = Object.values(apiRoutes).find(
        (each) => each.path === path && each.method === method!.toLowerCase(),
      );
      assert.ok(route, 'there is no such route');
      const isDone = Number(status) === route.status;
      (isDone ? route.response : problem).parse(JSON.parse(answer!));
      const isUnreadable = answer!.includes('invalid-request');
      if (route.body) assert.equal(route.body.safeParse(JSON.parse(body!)).success, !isUnreadable);
    });
  }
});
