import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { grantFor, patientOf, purpose, questionOf } from '../http/kit.ts';
import type { ServedLedger } from '../support/ledger-process.ts';

export const sharedPatient = patientOf('shared');

/** A write, under a name by which the event it makes is known in the history of its patient. */
interface Write {
  readonly name: string;
  readonly patient: { readonly system: string; readonly value: string };
  readonly path: string;
  readonly body: object;
  readonly key: string;
}

/** Where a write was said to stand. */
export interface Acknowledged {
  readonly write: Write;
  readonly revision: number;
}

/**
 * One who writes and asks in turn: consents and withdrawals of a patient of its own, and emergencies of a patient
 * whom all share. After each write it asks, and the answer must be what was just written.
 */
export class Writer {
  readonly patient;
  readonly acknowledged: Acknowledged[] = [];
  /** Ids of the answers it was given. */
  readonly decisions: string[] = [];
  /** The write that was sent and not answered. */
  unanswered: Write | undefined;
  readonly #recipient: string;
  readonly #onAnswer: () => void;
  #consentId = '';
  #step = 0;

  constructor(name: string, onAnswer: () => void) {
    this.patient = patientOf(name);
    this.#onAnswer = onAnswer;
    this.#recipient = `Practitioner/${name}`;
  }

  /** Goes on until a request is not answered. */
  async run(server: ServedLedger): Promise<void> {
    const steps = [
      () => this.#write(server, this.#grant()),
      () => this.#ask(server, this.patient, {}, 'permit'),
      () => this.#write(server, this.#revocation()),
      () => this.#ask(server, this.patient, {}, 'deny'),
      () => this.#write(server, this.#emergency()),
      () => this.#ask(server, sharedPatient, { purpose: purpose('BTG') }, 'permit'),
    ];
    for (;;) {
      await steps[this.#step % steps.length]!();
      this.#step += 1;
      this.#onAnswer();
    }
  }

  /** Sends again what was not answered, with the same key. Answers whether it had been carried out before. */
  async retry(server: ServedLedger): Promise<boolean> {
    assert.ok(this.unanswered);
    const { headers } = await this.#write(server, this.unanswered);
    this.#step += 1;
    return headers.has('idempotency-replayed');
  }

  #grant(): Write {
    this.#consentId = randomUUID();
    const body = grantFor(this.patient, { consentId: this.#consentId });
    return this.#named(`ConsentGranted ${this.#consentId}`, '/consents', body);
  }

  #revocation(): Write {
    const path = `/consents/${this.#consentId}/revocations`;
    return this.#named(`ConsentRevoked ${this.#consentId}`, path, { patient: this.patient });
  }

  #emergency(): Write {
    const reason = randomUUID();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const body = { patient: sharedPatient, recipient: this.#recipient, until, reason };
    return this.#named(`EmergencyAccessDeclared ${reason}`, '/emergencies', body);
  }

  #named(name: string, path: string, body: { readonly patient: Write['patient'] }): Write {
    return { name, path, body, patient: body.patient, key: randomUUID() };
  }

  async #write(server: ServedLedger, write: Write) {
    this.unanswered = write;
    const answer = await server.post(write.path, write.body, { 'idempotency-key': write.key });
    assert.equal(answer.status, 201, answer.text);
    this.acknowledged.push({ write, revision: Number(answer.json.revision) });
    this.unanswered = undefined;
    return answer;
  }

  async #ask(server: ServedLedger, patient: Write['patient'], changes: object, expected: string) {
    const recipient = { reference: this.#recipient, memberOf: ['Organization/a'], roles: [] };
    const question = questionOf({ recipient, ...changes });
    const { status, text, json } = await server.post('/decisions', { patient, question });
    assert.equal(status, 200, text);
    assert.equal(json.answer?.items?.[0]?.decision, expected, text);
    this.decisions.push(String(json.decisionId));
  }
}
