import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { answered, openTestService, type Received, type TestService } from '../http/kit.ts';

/** One who sends requests about erasures, as one token. */
export interface Officer {
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Received>;
  get(path: string): Promise<Received>;
}

/** Somebody of tenant-a with every scope, unless it says otherwise. */
export const officer = async (
  service: TestService,
  options: Parameters<TestService['token']>[0],
): Promise<Officer> => {
  const token = await service.token(options);
  return {
    post: (path, body, headers = {}) => service.send('POST', path, { body, headers, token }),
    get: (path) => service.send('GET', path, { token }),
  };
};

/** A service, and two who may approve each other's requests. */
export const openOffice = async () => {
  const service = await openTestService();
  const [clerk, head] = [
    await officer(service, { subject: 'clerk' }),
    await officer(service, { subject: 'head' }),
  ];
  return { service, clerk, head };
};

export const terms = {
  requester: { kind: 'data-subject' },
  identityCheck: 'identity card seen at the desk',
  ground: 'b',
  scope: 'record',
} as const;

/** Records a request and gives its id. */
export const requested = async (by: Officer, patient: object, changes: object = {}): Promise<string> =>
  answered('requestErasure', await by.post('/erasures', { patient, ...terms, ...changes })).erasureId;

/** Approves a request as it stands. */
export const approve = async (by: Officer, erasureId: string, changes: object = {}): Promise<Received> => {
  const { revision } = answered('readErasure', await by.get(`/erasures/${erasureId}`));
  return by.post(`/erasures/${erasureId}/approvals`, { revision, ...changes });
};

/** Waits until an approved request is executed. */
export const executed = async (by: Officer, erasureId: string) => {
  for (let tries = 0; tries < 600; tries += 1) {
    const read = answered('readErasure', await by.get(`/erasures/${erasureId}`));
    if (read.status === 'executed') return read;
    await sleep(50);
  }
  assert.fail('it was not executed within half a minute');
};
