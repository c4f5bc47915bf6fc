import autocannon from 'autocannon';
import { question } from './ten-consents.ts';

/** What is asked, of the service and of the floor alike. */
export const patients = 100;
export const connections = 64;

/** The one of so many patients, by number. */
export const patientOf = (number: number) => ({ system: 'urn:oid:1.2.3', value: `patient-${number}` });

const bodies = Array.from({ length: patients }, (_, number) =>
  JSON.stringify({ patient: patientOf(number), question }),
);

export const headersOf = (bearer: string) => ({ 'content-type': 'application/json', authorization: bearer });

export interface Load {
  readonly perSecond: number;
  /** The 99th percentile, in milliseconds. */
  readonly p99: number;
}

/** Asks about one patient after the other on all connections. Every answer must be a permit. */
export const load = async (url: string, bearer: string, seconds: number): Promise<Load> => {
  let others = 0;
  const result = await autocannon({
    url: `${url}/decisions`,
    connections,
    duration: seconds,
    requests: bodies.map((body) => ({
      method: 'POST',
      headers: headersOf(bearer),
      body,
      onResponse: (status, text) => {
        if (status !== 200 || !text.includes('"decision":"permit"')) others += 1;
      },
    })),
  });
  if (others > 0 || result.errors > 0) throw new Error(`${others} other answers, ${result.errors} errors`);
  return { perSecond: result['2xx'] / result.duration, p99: result.latency.p99 };
};

/** One answer as it comes over the wire, without what differs from answer to answer: ids, times, the date. */
export const answerOf = async (url: string, bearer: string): Promise<string> => {
  const response = await fetch(`${url}/decisions`, {
    method: 'POST',
    headers: headersOf(bearer),
    body: bodies[0]!,
  });
  const head = [...response.headers].filter(([name]) => name !== 'date');
  const body = (await response.text())
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'time');
  return JSON.stringify([response.status, head, body]);
};
