import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { type Answer, question as questionShape } from '../../schemas/decision.ts';
import { correctionBody, grantBody, invalidationBody, revocationBody } from '../../schemas/http/consents.ts';
import { emergencyRoutes } from '../../schemas/http/emergencies.ts';
import { settings } from '../../schemas/settings.ts';
import {
  correct,
  type Decided,
  declareEmergency,
  grant,
  invalidate,
  revoke,
} from '../../src/consent/decide.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { fold } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent } from '../../src/consent/state.ts';
import { good } from '../record/kit.ts';

const page = readFileSync(new URL('../../docs/semantics.md', import.meta.url), 'utf8');
const policy = good(compilePolicy(settings.parse({})));
const agent = { issuer: 'https://issuer.example', subject: 'clerk' };
const patient = { system: 'urn:example:mrn', value: '4711' };
const declarationId = '00000000-0000-4000-8000-0000000000ee';

/** The story of one section of the page: what is recorded in it, and what was answered last. */
class Story {
  #record = emptyRecord;
  /** The consent that was granted last: what comes after is about it. */
  #consentId = '';
  #answer: Answer | undefined;

  /** Carries out a block of JSON, by what it is and the moment that stands with it. */
  tell(kind: string, at: string, json: unknown): void {
    const now = Date.parse(at);
    const read = <T extends z.ZodType>(shape: T) => {
      const { patient: _, ...body } = shape.parse({ ...(json as object), patient }) as { patient: unknown };
      return body as Omit<z.output<T>, 'patient'>;
    };
    const about = () => ({ consentId: this.#consentId, agent });
    const granted = <T extends { consentId?: string | undefined; form?: unknown }>({
      form: _,
      ...terms
    }: T) => {
      this.#consentId = terms.consentId ?? assert.fail('the page names each consent');
      return { ...terms, consentId: this.#consentId, agent };
    };
    if (kind === 'grant') this.#add(now, grant(this.#record, granted(read(grantBody)), policy));
    else if (kind === 'revocation')
      this.#add(now, revoke(this.#record, { ...read(revocationBody), ...about() }, policy));
    else if (kind === 'invalidation')
      this.#add(now, invalidate(this.#record, { ...read(invalidationBody), ...about() }));
    else if (kind === 'correction') {
      const old = about();
      const { grant: terms, ...body } = read(correctionBody);
      this.#add(now, correct(this.#record, { ...body, ...old, grant: granted(terms) }, policy));
    } else if (kind === 'emergency') {
      const body = read(emergencyRoutes.declareEmergency.body);
      this.#add(now, declareEmergency({ ...body, declarationId, agent, now }, policy));
    } else if (kind === 'question') {
      const question = good(resolveQuestion(questionShape.parse(json), policy, now));
      this.#answer = evaluate(this.#record.revision < 0 ? undefined : this.#record, question, policy);
    } else if (kind === 'answer') {
      assert.deepEqual(this.#answer?.items, json);
      this.#answer = undefined;
    } else assert.fail(`a block of JSON that is no part of the story: ${kind}`);
  }

  /** What was asked must be answered on the page. */
  end(): void {
    assert.equal(this.#answer, undefined, 'a question without its answer');
  }

  #add(recordedAt: number, decided: Parameters<typeof good<readonly Decided[]>>[0]): void {
    const events = good(decided).map((fact, n): PatientEvent => {
      const revision = this.#record.revision + 1 + n;
      return { ...fact, revision, recordedAt, id: `event-${revision}` };
    });
    this.#record = fold(this.#record, events);
  }
}

describe('docs/semantics.md is true', () => {
  const sections = page.split(/^(?=#{2,3} )/m).filter((section) => section.includes('```json'));
  for (const section of sections) {
    const [title] = section.split('\n');
    it(title!.replace(/^#+ /, ''), () => {
      const story = new Story();
      const blocks = [...section.matchAll(/^```json (\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
      assert.equal(blocks.length, section.match(/^```json/gm)?.length, 'a block that says not what it is');
      for (const [, kind, at, body] of blocks) story.tell(kind!, at ?? '', JSON.parse(body!));
      story.end();
    });
  }
  it('has its examples', () => assert.ok(sections.length >= 6, `${sections.length}`));
});
