import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { ok } from '../../schemas/result.ts';
import { requestHash } from '../../src/record/commitment.ts';
import { patientStream } from '../../src/record/streams.ts';
import { withFolder } from '../vault/kit.ts';
import { consent, good, openRecordKit, tenant } from './kit.ts';

const bytesUnder = async (folder: string): Promise<Map<string, Buffer>> => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)));
};

/** The same text as it might stand in a file: in UTF-8, in UTF-16, in base64 at each offset, in hex. */
const disguises = (text: string): Buffer[] => {
  const utf8 = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), utf8])
      .toString('base64')
      .slice(4, -4),
  );
  return [
    utf8,
    Buffer.from(text, 'utf16le'),
    ...[...base64, utf8.toString('hex')].map((form) => Buffer.from(form)),
  ];
};

it(
  'nothing of a person stands in the clear in any file, while it runs and after it ended',
  { timeout: 60_000 },
  () =>
    withFolder(async (folder) => {
      let planted = 0;
      const canaries: string[] = [];
      const canary = (): string => {
        planted += 1;
        const text = `canary-of-the-coal-mine-${planted}-kittiwake`;
        canaries.push(text);
        return text;
      };
      const kit = await openRecordKit(folder);
      const agent = { issuer: canary(), subject: canary(), organisation: canary() };
      const key = await kit.keyring.admit(tenant, { system: canary(), value: canary() });
      const payload: ConsentGranted = consent({
        purpose: [{ system: canary(), code: canary() }],
        rules: [
          {
            type: 'permit',
            recipient: [{ reference: canary() }],
            label: [{ system: canary(), code: canary() }],
          },
        ],
        grantor: [canary()],
        representative: { reference: canary(), authority: canary() },
        witness: [canary()],
        source: { contentType: canary(), sha256: '0'.repeat(64), title: canary() },
        agent,
      });
      const hashed = requestHash({ body: canary() });
      canaries.push(payload.consentId, hashed);
      const facts = [
        { type: 'ConsentGranted', payload },
        { type: 'ConsentRevoked', payload: { consentId: payload.consentId, reason: canary(), agent } },
        { type: 'ConsentInvalidated', payload: { consentId: payload.consentId, reason: canary(), agent } },
      ];
      const context = { requestId: '00000000-0000-4000-8000-000000000001', requestHash: hashed };
      good(await kit.records.execute(tenant, key, () => ok(facts), context));
      const { row } = good(await kit.records.renewedRow(tenant, key));
      const running = await bytesUnder(folder);
      await kit.close();
      const ended = await bytesUnder(folder);
      const stream = Buffer.from(patientStream(key.subject));
      const holdsStream = (files: Map<string, Buffer>) =>
        [...files.values()].some((bytes) => bytes.includes(stream));
      assert.ok(holdsStream(running) && holdsStream(ended), 'the scan sees what is written');
      assert.ok(canaries.length > 20);
      for (const text of canaries)
        for (const form of disguises(text))
          for (const [path, bytes] of [...running, ...ended, ['the row', row.head] as const])
            assert.ok(!bytes.includes(form), `${text} in ${path}`);
    }),
);
