import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { FormPublished } from '../../schemas/events/form-published.ts';
import { Forms, type FormsOptions } from '../../src/record/forms.ts';
import { withFolder } from '../vault/kit.ts';
import { agent, good, openRecordKit, tenant } from './kit.ts';

const form = (changes: Partial<FormPublished> = {}): FormPublished => ({
  formId: 'treatment',
  version: '1',
  combining: 'replacing',
  title: 'Treatment',
  language: 'en',
  textSha256: 'a'.repeat(64),
  agent,
  ...changes,
});

const withForms = (
  run: (open: (changes?: Partial<FormsOptions>) => Forms, store: FormsOptions['store']) => Promise<void>,
) =>
  withFolder(async (folder) => {
    const kit = await openRecordKit(folder);
    const { store, keyring } = kit;
    await run((changes) => new Forms({ store, log: store, keyring, uuid: randomUUID, ...changes }), store);
    await kit.close();
  });
const codeOf = (result: { ok: boolean; error?: { code: string } }) =>
  result.ok ? 'done' : result.error!.code;

describe('forms', () => {
  it('are listed in the order of publication, also by another process, and of one tenant alone', () =>
    withForms(async (open) => {
      const forms = open();
      assert.deepEqual(await forms.list(tenant), []);
      for (const version of ['1', '2']) good(await forms.publish(tenant, form({ version }), {}));
      good(await forms.publish('south', form({ title: 'Other' }), {}));
      for (const each of [forms, open()]) {
        const listed = await each.list(tenant);
        assert.deepEqual(
          listed.map(({ version, revision }) => [version, revision]),
          [
            ['1', 0],
            ['2', 1],
          ],
        );
        assert.ok(listed.every((one) => !('agent' in one)));
      }
    }));

  it('give a grant what it records of the version that it names', () =>
    withForms(async (open) => {
      const forms = open();
      good(await forms.publish(tenant, form(), {}));
      const { formId, version, combining, textSha256 } = form();
      const used = good(await forms.used(tenant, { formId, version }));
      assert.deepEqual(used, { formId, version, combining, textSha256 });
      assert.equal(codeOf(await forms.used(tenant, { formId, version: '2' })), 'form-unknown');
      assert.equal(codeOf(await forms.used('south', { formId, version })), 'form-unknown');
    }));

  it('have each version once, and one combining', () =>
    withForms(async (open) => {
      const forms = open();
      good(await forms.publish(tenant, form(), {}));
      assert.equal(codeOf(await forms.publish(tenant, form(), {})), 'form-version-exists');
      const other = form({ version: '2', combining: 'overlay' });
      assert.equal(codeOf(await forms.publish(tenant, other, {})), 'form-combining-differs');
      good(await forms.publish(tenant, form({ formId: 'study', combining: 'overlay' }), {}));
    }));

  it('are published once by writers that meet, of two processes', () =>
    withForms(async (open) => {
      const writers = [open(), open()];
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          writers[at % 2]!.publish(tenant, form({ version: String(at % 5) }), {}),
        ),
      );
      assert.equal(results.filter(({ ok }) => ok).length, 5);
      assert.equal((await open().list(tenant)).length, 5);
    }));

  it('answer a repeated request with what was written, and refuse its key for another', () =>
    withForms(async (open) => {
      const forms = open();
      const context = { requestId: randomUUID(), requestHash: 'h' };
      const first = good(await forms.publish(tenant, form(), context));
      good(await forms.publish(tenant, form({ version: '2' }), {}));
      const again = good(await open().publish(tenant, form(), context));
      assert.deepEqual({ ...again, replayed: false }, first);
      const other = await forms.publish(tenant, form({ version: '3' }), { ...context, requestHash: 'other' });
      assert.equal(codeOf(other), 'idempotency-key-reused');
    }));

  it('are written on the expected revision only', () =>
    withForms(async (open) => {
      const forms = open();
      good(await forms.publish(tenant, form(), { expectedRevision: -1 }));
      const stale = await forms.publish(tenant, form({ version: '2' }), { expectedRevision: -1 });
      assert.equal(codeOf(stale), 'revision-mismatch');
      good(await forms.publish(tenant, form({ version: '2' }), { expectedRevision: 0 }));
    }));

  it('are published once where the outcome of a write is not known at first', () =>
    withForms(async (open, store) => {
      let lost = 0;
      const append: FormsOptions['store']['append'] = async (...all) => {
        const outcome = await store.append(...all);
        lost += 1;
        return lost <= 2 ? { outcome: 'unknown', detail: 'the answer was lost' } : outcome;
      };
      const written = good(await open({ store: { append } }).publish(tenant, form(), {}));
      assert.equal(written.revision, 0);
      assert.equal((await open().list(tenant)).length, 1);
    }));
});
