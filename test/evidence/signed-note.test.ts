import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkpointText, parseCheckpoint } from '../../src/evidence/checkpoint.ts';
import { headKey } from '../../src/evidence/heads-tree.ts';
import {
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKey,
  verifyNote,
} from '../../src/evidence/signed-note.ts';

/** The example of the C2SP signed-note specification and of Go's sumdb/note, made from this private key. */
const published = {
  verifier: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};

const signer = (name = 'ledger.example/hospital') => ({
  name,
  privateKey: generateKeyPairSync('ed25519').privateKey,
});
const verifierOf = (key: ReturnType<typeof signer>) =>
  parseVerifierKey(verifierKey(key.name, key.privateKey))!;

describe('signed note (C2SP)', () => {
  it('verifies the published example', () => {
    const note = parseNote(`${published.text}\n${published.signature}`)!;
    assert.deepEqual(verifyNote(note, [parseVerifierKey(published.verifier)!]), ['PeterNeumann']);
  });

  it('is verified by its key, and by no other', () => {
    const key = signer();
    const note = parseNote(signNote('one\ntwo\n', [key]))!;
    assert.equal(note.text, 'one\ntwo\n');
    assert.deepEqual(verifyNote(note, [verifierOf(key)]), [key.name]);
    assert.deepEqual(verifyNote(note, [verifierOf(signer())]), []);
  });

  it('stands while keys overlap: each of two signers is enough', () => {
    const [old, young] = [signer('old'), signer('young')];
    const note = parseNote(signNote('text\n', [old, young]))!;
    assert.deepEqual(verifyNote(note, [verifierOf(old)]), ['old']);
    assert.deepEqual(verifyNote(note, [verifierOf(young)]), ['young']);
  });

  it('is worthless once any character of its text is changed', () => {
    const key = signer();
    const signed = signNote('size 10\n', [key]);
    for (let at = 0; at < 7; at++) {
      const bent = `${signed.slice(0, at)}X${signed.slice(at + 1)}`;
      assert.deepEqual(verifyNote(parseNote(bent)!, [verifierOf(key)]), []);
    }
  });

  it('refuses what has not the form of a note', () => {
    const signed = signNote('text\n', [signer()]);
    for (const bad of [
      '',
      'text\n',
      signed.slice(0, -1),
      signed.replace('\u2014', '-'),
      `${signed}\n`,
      `\t${signed}`,
    ])
      assert.equal(parseNote(bad), undefined, JSON.stringify(bad));
  });

  it('refuses a verifier key whose key id is not its own', () => {
    assert.equal(parseVerifierKey(published.verifier.replace('c74f20a3', 'c74f20a4')), undefined);
  });
});

describe('checkpoint (C2SP tlog-checkpoint)', () => {
  const checkpoint = {
    origin: 'ledger.example/hospital',
    size: 1234,
    root: headKey('root'),
    heads: headKey('heads'),
    recordedAt: '2026-03-01T08:00:00.000Z',
  };

  it('reads what it writes', () => assert.deepEqual(parseCheckpoint(checkpointText(checkpoint)), checkpoint));

  it('refuses any other form', () => {
    const text = checkpointText(checkpoint);
    for (const bad of [
      text.slice(0, -1),
      `${text}more\n`,
      text.replace('1234', '01234'),
      text.replace('heads ', ''),
    ])
      assert.equal(parseCheckpoint(bad), undefined, bad);
  });
});
