import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureCodes } from '../../schemas/failures.ts';
import { problem } from '../../schemas/http/common.ts';
import { problemPage } from '../../src/http/docs-page.ts';
import { problemReply } from '../../src/http/problem-reply.ts';
import { problemTypes } from '../../src/http/problems.ts';

describe('the table of problems', () => {
  it('has one row for every failure code, and no other', () => {
    assert.deepEqual(Object.keys(problemTypes).toSorted(), [...failureCodes].toSorted());
  });

  for (const code of failureCodes) {
    it(`${code}: is a client's or a server's error, and its type leads to a description`, () => {
      const reply = problemReply({ code, detail: 'why' }, '0'.repeat(32));
      const body = problem.parse(JSON.parse(reply.body));
      assert.ok(reply.status >= 400 && reply.status < 600);
      assert.equal(body.status, reply.status);
      assert.equal(body.type, `/problems/${code}`);
      assert.equal(reply.mediaType, 'application/problem+json');
      assert.ok(problemPage(code)?.includes(problemTypes[code].title));
    });
  }

  it('says when to come back wherever the fault passes, and how to authenticate', () => {
    const of = (code: (typeof failureCodes)[number]) => problemReply({ code, detail: '' }, '').headers ?? {};
    for (const code of failureCodes.filter((each) => problemTypes[each].status === 503)) {
      assert.match(of(code)['retry-after'] ?? '', /^\d+$/, code);
    }
    assert.equal(of('token-missing')['www-authenticate'], 'Bearer');
    assert.match(of('token-invalid')['www-authenticate'] ?? '', /invalid_token/);
  });

  it('describes no type that there is not', () => {
    for (const code of ['', 'nothing', '__proto__', 'constructor'])
      assert.equal(problemPage(code), undefined);
  });
});
