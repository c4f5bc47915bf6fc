import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { open, seal } from '../../src/record/envelope.ts';
import { openEvent, sealEvent } from '../../src/record/sealing.ts';
import { grantOf, tenant } from './record-kit.ts';
import { timed } from './rounds.ts';
import type { BenchRow } from './row.ts';

const rounds = 9;
const times = 4_000;

/** Sealing and opening of 400 bytes against AES-256-GCM with a raw key, and of whole events against the envelope. */
export const rows = async (): Promise<BenchRow[]> => {
  const raw = randomBytes(32);
  const subject = randomUUID();
  const key = { subject, key: createSecretKey(raw) };
  const stream = `consents-${subject}`;
  const place = { tenant, stream, revision: 0, type: 'ConsentGranted', schemaVersion: 1 };
  const plain = randomBytes(400);
  const envelope = seal(key.key, subject, place, plain);
  const aad = Buffer.from(JSON.stringify([...Object.values(place), subject]));

  const rawSeal = (): Buffer => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', raw, nonce).setAAD(aad);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const rawSealed = rawSeal();
  const rawOpen = (): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', raw, rawSealed.subarray(0, 12)).setAAD(aad);
    decipher.setAuthTag(rawSealed.subarray(-16));
    return Buffer.concat([decipher.update(rawSealed.subarray(12, -16)), decipher.final()]);
  };

  const draft = { id: randomUUID(), type: 'ConsentGranted', payload: grantOf() };
  const newEvent = () => sealEvent(draft, { tenant, stream, revision: 0 }, key, eventDefinitions);
  const event = { ...newEvent(), stream, revision: 0, position: '1', recordedAt: 0 };
  const spent = await timed(rounds, times, {
    rawSeal,
    seal: () => seal(key.key, subject, place, plain),
    rawOpen,
    open: () => open(key.key, subject, place, envelope),
    sealEvent: newEvent,
    openEvent: () => openEvent(event, key, eventDefinitions),
  });

  const row = (name: string, floor: number, reached: number, aim: number): BenchRow => {
    const ratio = floor / reached;
    return {
      name,
      floor: `${floor.toFixed(1)} us`,
      reached: `${reached.toFixed(1)} us`,
      ratio,
      aim,
      ok: ratio >= aim,
    };
  };
  return [
    row('seal 400 B, key made once, against a raw key', spent.rawSeal, spent.seal, 1.5),
    row('open 400 B, key made once, against a raw key', spent.rawOpen, spent.open, 1.5),
    row('seal a grant, commitment included, against its envelope alone', spent.seal, spent.sealEvent, 0),
    row('open a grant against its envelope alone', spent.open, spent.openEvent, 0),
  ];
};
